"""Single changes to the fake province: rule, level, version and changelog line of each."""

from __future__ import annotations

from typing import NamedTuple

FK01 = "interfaces/1-query/FK01.yaml"
FK02 = "interfaces/1-query/FK02.yaml"
FK02A = "interfaces/1-query/FK02a.yaml"
FK03 = "interfaces/1-query/FK03.yaml"
FK10 = "interfaces/2-write/FK10.yaml"
FK11 = "interfaces/2-write/FK11.yaml"
FK12 = "interfaces/2-write/FK12.yaml"
FK20 = "interfaces/2-write/FK20.yaml"
COLOR = "dictionaries/fk_color.yaml"
LEVEL = "dictionaries/FK_LEVEL.yaml"
PLATFORM = "platform.yaml"

MAJOR, MINOR, PATCH = "breaking", "compatible", "editorial"


class Case(NamedTuple):
    """``old`` is replaced by ``new`` in ``file``; "" for ``old`` writes or (both "") removes it."""

    file: str
    old: str
    new: str
    level: str
    rule: str
    line: str


NEW_INTERFACE = """\
number: FK99
name: 新查询
operation: gadget.query_new
category: [1-虚构查询, 3-空]
call_mode: realtime
description: 新的。
institution: all
open: unknown
direction: request
effect: query
input: []
output: []
provenance: {listing: hubei, fields: national-baseline}
"""
MEMO = "{name: memo, label: 备注, type: text, sensitive: true, "
PSN = "{name: psn_no, label: 人员编号, type: string, length: 30, required: true, sensitive: true}"

CASES = {
    # requests
    "optional field": Case(
        FK10,
        "      - {name: remark,",
        "      - {name: memo, label: 备注, type: string}\n      - {name: remark,",
        MINOR,
        "request-field-added",
        "接口 FK10：入参新增 memo（备注，非必填）",
    ),
    "required field": Case(
        FK10,
        "      - {name: remark,",
        "      - {name: memo, label: 备注, type: string, required: true}\n      - {name: remark,",
        MAJOR,
        "request-field-added-required",
        "接口 FK10：入参新增 memo（备注，必填）",
    ),
    "field of unknown necessity": Case(
        FK10,
        "      - {name: remark,",
        "      - {name: memo, type: string, required: unknown}\n      - {name: remark,",
        MINOR,
        "request-field-added",
        "接口 FK10：入参新增 memo（是否必填未注明）",
    ),
    "field inside an object": Case(
        FK01,
        "          - {name: endtime,",
        "          - {name: zone, label: 时区, type: string}\n          - {name: endtime,",
        MINOR,
        "request-field-added",
        "接口 FK01：入参新增 window.zone（时区，非必填）",
    ),
    "request field gone": Case(
        FK10,
        "      - {name: remark, label: 说明, type: string, length: 100}\n",
        "",
        MAJOR,
        "request-field-removed",
        "接口 FK10：入参删除 remark（说明，非必填）",
    ),
    "field renamed": Case(
        FK10,
        "{name: remark, label: 说明,",
        "{name: memo, aliases: [remark], label: 说明,",
        MAJOR,
        "request-field-renamed",
        "接口 FK10：入参 remark 更名为 memo（说明，非必填）",
    ),
    "field becomes required": Case(
        FK10,
        "label: 说明, type: string, length: 100}",
        "label: 说明, type: string, length: 100, required: true}",
        MAJOR,
        "request-field-became-required",
        "接口 FK10：入参 remark（说明） 改为必填",
    ),
    "field no longer required": Case(
        FK20.replace("FK20", "FK11"),
        "label: 登记号, type: string, length: 40, required: true}",
        "label: 登记号, type: string, length: 40}",
        MINOR,
        "request-field-became-optional",
        "接口 FK11：入参 order_id（登记号） 改为非必填",
    ),
    "length shrinks": Case(
        FK10,
        "label: 说明, type: string, length: 100}",
        "label: 说明, type: string, length: 50}",
        MAJOR,
        "request-size-shrunk",
        "接口 FK10：入参 remark（说明） 长度 100 → 50",
    ),
    "length grows": Case(
        FK10,
        "label: 说明, type: string, length: 100}",
        "label: 说明, type: string, length: 200}",
        MINOR,
        "request-size-grown",
        "接口 FK10：入参 remark（说明） 长度 100 → 200",
    ),
    "length now limited": Case(
        FK01,
        f"{MEMO}",
        f"{MEMO}length: 500, ",
        MAJOR,
        "request-size-shrunk",
        "接口 FK01：入参 memo（备注） 长度 不限 → 500",
    ),
    "fewer digits": Case(
        FK10,
        "precision: [16, 4]",
        "precision: [14, 4]",
        MAJOR,
        "request-size-shrunk",
        "接口 FK10：入参 lines.qty（数量） 精度 16,4 → 14,4",
    ),
    "more digits": Case(
        FK10,
        "precision: [16, 4]",
        "precision: [18, 6]",
        MINOR,
        "request-size-grown",
        "接口 FK10：入参 lines.qty（数量） 精度 16,4 → 18,6",
    ),
    "places at the cost of digits": Case(
        FK10,
        "precision: [16, 4]",
        "precision: [16, 6]",
        MAJOR,
        "request-size-shrunk",
        "接口 FK10：入参 lines.qty（数量） 精度 16,4 → 16,6",
    ),
    "type narrows": Case(
        FK01,
        "{name: mystery, label: 类型不详}\n      - {name: maybe",
        "{name: mystery, label: 类型不详, type: integer}\n      - {name: maybe",
        MAJOR,
        "request-type-narrowed",
        "接口 FK01：入参 mystery（类型不详） 类型 类型未注明 → 整数",
    ),
    "type widens": Case(
        FK01,
        "{name: cnt, label: 数量, type: integer, required: true}",
        "{name: cnt, label: 数量, type: decimal, required: true}",
        MINOR,
        "request-type-widened",
        "接口 FK01：入参 cnt（数量） 类型 整数 → 数值型",
    ),
    "a list instead of a value": Case(
        FK10,
        "label: 说明, type: string, length: 100}",
        "label: 说明, type: string, length: 100, repeated: true}",
        MAJOR,
        "request-repetition-changed",
        "接口 FK10：入参 remark（说明） 单个 → 可多个",
    ),
    "code table bound": Case(
        FK10,
        "label: 说明, type: string, length: 100}",
        "label: 说明, type: string, length: 100, dictionary: fk_color}",
        MAJOR,
        "request-codes-narrowed",
        "接口 FK10：入参 remark（说明） 代码表 无 → fk_color",
    ),
    "incomplete code table bound": Case(
        FK10,
        "label: 说明, type: string, length: 100}",
        "label: 说明, type: string, length: 100, dictionary: FK_LEVEL}",
        MINOR,
        "request-codes-widened",
        "接口 FK10：入参 remark（说明） 代码表 无 → FK_LEVEL",
    ),
    "date format": Case(
        FK01,
        "format: yyyyMM}",
        "format: yyyy-MM}",
        MAJOR,
        "request-format-changed",
        "接口 FK01：入参 month（月份） 格式 yyyyMM → yyyy-MM",
    ),
    "spelling no longer known": Case(
        FK02,
        "aliases: [hcvAb, hcv_ab_result]",
        "aliases: [hcvAb]",
        MAJOR,
        "request-alias-removed",
        "接口 FK02：入参 hcv-ab（丙肝抗体） 不再认别名 hcv_ab_result",
    ),
    "optional node": Case(
        FK10,
        "  - node: extra\n",
        "  - node: more\n    label: 更多\n    fields:\n"
        "      - {name: a, label: 甲, type: string}\n  - node: extra\n",
        MINOR,
        "request-node-added",
        "接口 FK10：入参新增节点 more（更多）：a（甲，非必填）",
    ),
    "node that must be sent": Case(
        FK10,
        "  - node: extra\n",
        "  - node: more\n    fields:\n"
        "      - {name: a, label: 甲, type: string, required: true}\n  - node: extra\n",
        MAJOR,
        "request-node-added-required",
        "接口 FK10：入参新增节点 more：a（甲，必填）",
    ),
    "node gone": Case(
        FK10,
        "  - node: extra\n    label: 附加\n    repeated: unknown\n"
        "    note: 一家公开实现传对象，另一家传列表\n    provenance: {source: field-practice}\n"
        "    fields:\n      - {name: k, label: 键, type: string, required: true}\n",
        "",
        MAJOR,
        "request-node-removed",
        "接口 FK10：入参删除节点 extra（附加）",
    ),
    "node becomes a list": Case(
        FK10,
        "  - node: head\n    label: 单据头\n",
        "  - node: head\n    repeated: true\n    label: 单据头\n",
        MAJOR,
        "request-repetition-changed",
        "接口 FK10：入参节点 head（单据头） 单个 → 可多个",
    ),
    "fields published": Case(
        FK02A,
        "fields: unspecified\nprovenance",
        "input:\n  - node: data\n    fields:\n      - {name: a, type: string}\n"
        "output: unspecified\nprovenance",
        MAJOR,
        "request-fields-published",
        "接口 FK02a：入参字段表公布",
    ),
    # responses
    "response field": Case(
        FK10,
        "      - {name: order_id, label: 登记号, type: string, length: 40}\n",
        "      - {name: order_id, label: 登记号, type: string, length: 40}\n"
        "      - {name: setl_time, label: 结算时间, type: datetime, required: true}\n",
        MINOR,
        "response-field-added",
        "接口 FK10：出参新增 setl_time（结算时间，必填）",
    ),
    "response field gone": Case(
        FK01,
        "      - {name: psn_name, label: 姓名, type: string, length: 50, sensitive: true}\n",
        "",
        MAJOR,
        "response-field-removed",
        "接口 FK01：出参删除 result.psn_name（姓名，非必填）",
    ),
    "response field renamed": Case(
        FK10,
        "{name: order_id, label: 登记号, type: string, length: 40}\nprovenance",
        "{name: ordr_id, aliases: [order_id], label: 登记号, type: string, length: 40}\nprovenance",
        MAJOR,
        "response-field-renamed",
        "接口 FK10：出参 order_id 更名为 ordr_id（登记号，非必填）",
    ),
    "response type": Case(
        FK03,
        "type: integer",
        "type: decimal",
        MAJOR,
        "response-type-changed",
        "接口 FK03：出参 total（总数） 类型 整数 → 数值型",
    ),
    "longer response": Case(
        FK10,
        "label: 登记号, type: string, length: 40}\nprovenance",
        "label: 登记号, type: string, length: 60}\nprovenance",
        MINOR,
        "response-size-changed",
        "接口 FK10：出参 order_id（登记号） 长度 40 → 60",
    ),
    "response field may be missing": Case(
        FK03,
        "{name: total, label: 总数, type: integer}",
        "{name: total, label: 总数, type: integer, required: true}",
        MINOR,
        "response-requirement-changed",
        "接口 FK03：出参 total（总数） 改为必填",
    ),
    "response node no list any more": Case(
        FK01,
        "  - node: rows\n    label: 明细\n    repeated: true\n",
        "  - node: rows\n    label: 明细\n",
        MAJOR,
        "response-repetition-changed",
        "接口 FK01：出参节点 rows（明细） 可多个 → 单个",
    ),
    "what the platform sends may lose a requirement": Case(
        FK20,
        "length: 20, required: true}",
        "length: 20}",
        MINOR,
        "response-requirement-changed",
        "接口 FK20：入参 notice_no（通知号） 改为非必填",
    ),
    "what we answer a callback must hold more": Case(
        FK20,
        "{name: ok, label: 已收到, type: boolean}",
        "{name: ok, label: 已收到, type: boolean, required: true}",
        MAJOR,
        "request-field-became-required",
        "接口 FK20：出参 ok（已收到） 改为必填",
    ),
    # interfaces
    "interface new": Case(
        "interfaces/1-query/FK99.yaml",
        "",
        NEW_INTERFACE,
        MINOR,
        "interface-added",
        "接口 FK99：新增（新查询，是否开放未注明）",
    ),
    "interface gone": Case(FK03, "", "", MAJOR, "interface-removed", "接口 FK03：删除（无输入）"),
    "interface gone, successor known": Case(
        FK02,
        "",
        "",
        MAJOR,
        "interface-removed",
        "接口 FK02：删除（奇怪的字段名），改用接口 FK02a",
    ),
    "interface closed": Case(
        FK10, "open: true", "open: false", MAJOR, "interface-closed", "接口 FK10：是否开放：是 → 否"
    ),
    "interface opened": Case(
        FK02,
        "open: false",
        "open: true",
        MINOR,
        "interface-opened",
        "接口 FK02：是否开放：否 → 是",
    ),
    "for fewer institutions": Case(
        FK01,
        "institution: all",
        "institution: pharmacy",
        MAJOR,
        "institution-narrowed",
        "接口 FK01：调用方：通用 → 定点零售药店",
    ),
    "for more institutions": Case(
        FK10,
        "institution: medical",
        "institution: all",
        MINOR,
        "institution-widened",
        "接口 FK10：调用方：定点医疗机构 → 通用",
    ),
    "operation renamed": Case(
        FK10,
        "order.create",
        "order.register",
        MAJOR,
        "operation-renamed",
        "接口 FK10：操作名 order.create → order.register",
    ),
    "deprecated": Case(
        FK10,
        "reversible: true\n",
        "reversible: true\ndeprecated: {replaced_by: FK11}\n",
        MINOR,
        "deprecated",
        "接口 FK10：停用，由接口 FK11 取代",
    ),
    "no reversal": Case(
        FK10,
        "reversible: true\n",
        "",
        MAJOR,
        "reversal-withdrawn",
        "接口 FK10：不再可冲正",
    ),
    "now a write": Case(
        FK03,
        "effect: query",
        "effect: write",
        MINOR,
        "effect-changed",
        "接口 FK03：性质：查询 → 写入",
    ),
    "name": Case(
        FK03,
        "name: 无输入",
        "name: 空输入",
        PATCH,
        "text-changed",
        "接口 FK03：名称 无输入 → 空输入",
    ),
    "description": Case(
        FK03, "输入为空，", "没有输入，", PATCH, "text-changed", "接口 FK03：说明有修订"
    ),
    "label": Case(
        FK03,
        "label: 总数",
        "label: 合计",
        PATCH,
        "text-changed",
        "接口 FK03：出参 total（合计） 名称 总数 → 合计",
    ),
    "note": Case(
        FK10,
        "label: 说明, type: string, length: 100}",
        "label: 说明, type: string, length: 100, note: 可空}",
        PATCH,
        "text-changed",
        "接口 FK10：入参 remark（说明） 说明有修订",
    ),
    "order of fields": Case(
        FK10,
        "      - {name: item_no, label: 项目号, type: string, length: 10, required: true}\n"
        "      - {name: qty, label: 数量, type: decimal, precision: [16, 4], required: true}\n",
        "      - {name: qty, label: 数量, type: decimal, precision: [16, 4], required: true}\n"
        "      - {name: item_no, label: 项目号, type: string, length: 10, required: true}\n",
        PATCH,
        "text-changed",
        "接口 FK10：次序或注记有修订",
    ),
    # files
    "column at the end of a download": Case(
        FK12,
        "name: ver, role: version}\n",
        "name: ver, role: version}\n      - {position: 6, label: 产地}\n",
        MINOR,
        "download-column-added",
        "接口 FK12：下载文件项目目录新增第 6 列（产地）",
    ),
    "column gone": Case(
        FK12,
        "      - {position: 5, label: 版本号, name: ver, role: version}\n",
        "",
        MAJOR,
        "column-removed",
        "接口 FK12：下载文件项目目录第 5 列（版本号）删除",
    ),
    # code tables
    "code new": Case(
        COLOR,
        '  - {code: "1", label: 红}\n',
        '  - {code: "1", label: 红}\n  - {code: "2", label: 黄}\n',
        MINOR,
        "code-added",
        "代码表 fk_color：新增代码 2（黄）",
    ),
    "code gone": Case(
        COLOR,
        '  - {code: "1", label: 红}\n',
        "",
        MAJOR,
        "code-removed",
        "代码表 fk_color：删除代码 1（红）",
    ),
    "code gone from a table known in part": Case(
        LEVEL,
        '  - {code: "01", label: 一级}\n',
        "",
        MINOR,
        "code-removed-from-open-table",
        "代码表 FK_LEVEL：删除代码 01（一级）",
    ),
    "only known codes from now on": Case(
        LEVEL,
        "complete: false\n",
        "",
        MAJOR,
        "dictionary-closed",
        "代码表 FK_LEVEL：改为只准用表内代码",
    ),
    "label of a code": Case(
        COLOR,
        "label: 红",
        "label: 赤",
        PATCH,
        "text-changed",
        "代码表 fk_color：代码 1 名称 红 → 赤",
    ),
    "code table new": Case(
        "dictionaries/fk_new.yaml",
        "",
        'key: fk_new\nlabel: 新表\ncodes:\n  - {code: "1", label: 一}\n'
        "provenance: {source: published}\n",
        MINOR,
        "dictionary-added",
        "代码表 fk_new：新增（新表，1 个代码）",
    ),
    # the frame
    "envelope field": Case(
        PLATFORM,
        "    - {name: inf_time,",
        "    - {name: dev_no, label: 设备编号, type: string, required: true, "
        "provenance: {source: published}}\n    - {name: inf_time,",
        MAJOR,
        "request-field-added-required",
        "平台报文：请求新增 dev_no（设备编号，必填）",
    ),
    "edition": Case(
        PLATFORM,
        "edition: 虚构版 0",
        "edition: 虚构版 1",
        PATCH,
        "text-changed",
        "平台报文：版次 虚构版 0 → 虚构版 1",
    ),
    "constant": Case(
        PLATFORM,
        "{value: 1, note: 虚构",
        "{value: 2, note: 虚构",
        MINOR,
        "constant-changed",
        "平台报文：常量 fake_rule：1 → 2",
    ),
}
