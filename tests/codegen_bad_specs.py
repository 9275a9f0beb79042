"""Bad specs: what is written, and the findings it yields, to the column and the word.

Every case is a spec folder (:mod:`spec_files`) and the text output of the lint without the
folder's path; lines indented by four are hints.
"""

from __future__ import annotations

from typing import NamedTuple

from spec_files import (
    DICTIONARY,
    HEAD,
    INPUT,
    INTERFACE,
    PATH,
    PLATFORM,
    TABLE,
    TAIL,
    other,
    with_fields,
)


class Case(NamedTuple):
    files: dict[str, str | bytes]
    expected: str


def field(text: str, expected: str) -> Case:
    """One field, on line 16 from column 9, and its findings from the column on."""
    lines = (line for line in expected.splitlines())
    said = "\n".join(line if line.startswith(" ") else f"{PATH}:16:{line}" for line in lines)
    return Case({PATH: with_fields(text)}, said)


def interface(text: str, expected: str) -> Case:
    """An interface file and its findings from the line on."""
    lines = (line for line in expected.splitlines())
    said = "\n".join(line if line.startswith(" ") else f"{PATH}:{line}" for line in lines)
    return Case({PATH: text}, said)


def also(path: str, text: str, expected: str) -> Case:
    """Another file beside a good interface and a good table."""
    return Case({PATH: INTERFACE, TABLE: DICTIONARY, path: text}, expected)


def head(old: str, new: str) -> str:
    assert old in INTERFACE
    return INTERFACE.replace(old, new, 1)


FORMAT = {
    "unknown key": field(
        "{name: a, requird: true}",
        "19: error S201: unknown key `requird` in a field\n    did you mean `required`?",
    ),
    "unknown key far from all": interface(
        head("input:", "zzzzzz: 1\ninput:"),
        "12:1: error S201: unknown key `zzzzzz` in an interface\n"
        "    possible here: printed, role, cancels, deprecated, rules, fields, files",
    ),
    "merge key": field(
        "{name: a, <<: {b: c}}",
        "19: error S201: unknown key `<<` in a field\n"
        "    merge keys are not supported, write the values out",
    ),
    "missing key": field("{label: a}", "9: error S202: a field lacks `name`"),
    "misspelt key is not missing too": interface(
        head("effect:", "efect:"),
        "10:1: error S201: unknown key `efect` in an interface\n    did you mean `effect`?",
    ),
    "missing keys": interface(
        "number: '2207'\nname: a\noperation: a.b\ncategory: [2-a, b]\ndescription: c\nopen: true\n",
        "1:1: error S202: an interface lacks `call_mode`\n"
        "1:1: error S202: an interface lacks `direction`\n"
        "1:1: error S202: an interface lacks `effect`\n"
        "1:1: error S202: an interface lacks `institution`\n"
        "1:1: error S202: an interface lacks `provenance`",
    ),
    "no for false": interface(
        head("open: true", "open: no"),
        "8:7: error S203: `open`: expected `true`, `false` or `unknown`, found `no`\n"
        "    did you mean `false`?",
    ),
    "quoted boolean": field(
        '{name: a, sensitive: "true"}',
        "30: error S203: `sensitive`: expected `true` or `false`, found `true`\n"
        "    write true without quotes",
    ),
    "capital boolean": field(
        "{name: a, required: True}",
        "29: error S203: `required`: expected `true`, `false` or `unknown`, found `True`\n"
        "    did you mean `true`?",
    ),
    "octal length": field(
        "{name: a, length: 030}",
        "27: error S203: `length`: expected a whole number, found `030`",
    ),
    "float length": field(
        "{name: a, length: 3.0}",
        "27: error S203: `length`: expected a whole number, found `3.0`",
    ),
    "quoted length": field(
        "{name: a, length: '30'}",
        "27: error S203: `length`: expected a whole number, found `30`\n    write 30 without quotes",
    ),
    "zero length": field(
        "{name: a, length: 0}",
        "27: error S205: `length`: should be greater than 0, found `0`",
    ),
    "enormous length": field(
        "{name: a, length: 99999999999999999999}",
        "27: error S203: `length`: expected a whole number, found `99999999999999999999`",
    ),
    "list for text": field(
        "{name: a, label: [b]}", "26: error S203: `label`: expected text, found a list"
    ),
    "text for list": field(
        "{name: a, aliases: b}",
        "28: error S203: `aliases`: expected a list, found `b`\n    write it as [value]",
    ),
    "nothing for text": field(
        "{name: a, label: }",
        "26: error S203: `label`: expected text, found nothing\n"
        "    leave the key out where there is no value",
    ),
    "null for text": field(
        "{name: a, label: null}",
        "26: error S203: `label`: expected text, found nothing\n"
        "    leave the key out where there is no value",
    ),
    "blank text": field(
        '{name: a, label: " "}', "26: error S203: `label`: expected text, found ` `"
    ),
    "text for a field": field(
        "psn_no", "9: error S203: `fields`: expected a field (a mapping), found `psn_no`"
    ),
    "unknown word": field(
        "{name: a, type: strng}",
        "25: error S203: `type`: expected `string`, `integer`, `decimal`, `date`, `datetime`, "
        "`boolean`, `text`, `bytes` or `object`, found `strng`\n    did you mean `string`?",
    ),
    "precision of one": field(
        "{name: a, type: decimal, precision: [16]}",
        "45: error S203: `precision`: expected a list of 2, found 1",
    ),
    "precision of text": field(
        "{name: a, type: decimal, precision: 16.2}",
        "45: error S203: `precision`: expected a list of 2, found `16.2`\n    write it as [value]",
    ),
    "empty name": field('{name: ""}', "16: error S203: `name`: expected text, found ``"),
    "long name": field(
        "{name: " + "a" * 65 + "}",
        "16: error S205: `name`: string should have at most 64 characters, found `"
        + "a" * 65
        + "`",
    ),
    "long label": field(
        "{name: a, label: " + "字" * 121 + "}",
        "26: error S206: `label`: 121 characters, more than 120\n    shorten it",
    ),
    "label on two lines": field(
        '{name: a, label: "b\\nc"}',
        "26: error S207: `label`: must stay on one line without tabs",
    ),
    "space at the end": field(
        '{name: "a "}', "16: error S208: `name`: starts or ends with a space"
    ),
    "number": interface(
        head('"2207"', '"22O07"'),
        "1:9: error S205: `number`: expected an interface number such as 2207, 1312a or YH03, "
        "found `22O07`",
    ),
    "operation": interface(
        head("outpatient.settle", "outpatient.Settle"),
        "3:12: error S205: `operation`: expected group.method in snake_case, "
        "found `outpatient.Settle`",
    ),
    "unspecified misspelt": interface(
        head("output: unspecified", "output: unspecifed"),
        "17:9: error S203: `output`: expected a list or `unspecified`, found `unspecifed`\n"
        "    did you mean `unspecified`?",
    ),
    "fault deep in a union": interface(
        head("name: psn_no", "name: psn_no, dictionary: 9"),
        "16:36: error S205: `dictionary`: expected a dictionary key: letters, digits, _, found `9`",
    ),
    "all faults of a file": field(
        "{nam: a, lenght: 3, type: txt, required: yes}",
        "10: error S201: unknown key `nam` in a field\n    did you mean `name`?\n"
        "18: error S201: unknown key `lenght` in a field\n    did you mean `length`?\n"
        "35: error S203: `type`: expected `string`, `integer`, `decimal`, `date`, `datetime`, "
        "`boolean`, `text`, `bytes` or `object`, found `txt`\n    did you mean `text`?\n"
        "50: error S203: `required`: expected `true`, `false` or `unknown`, found `yes`\n"
        "    did you mean `true`?",
    ),
    "platform constant": Case(
        {
            PATH: INTERFACE,
            "platform.yaml": PLATFORM.replace(
                "{}", "{a: {value: {b: [c]}, provenance: {source: hubei}}}"
            ),
        },
        "platform.yaml:4:28: error S203: `b`: expected text or a whole number, found a list\n"
        "platform.yaml:4:55: error S203: `source`: expected `published`, `national-baseline`, "
        "`hubei-client`, `code-evidence` or `field-practice`, found `hubei`\n    did you mean `hubei-client`?",
    ),
}

FIELDS = {
    "object without fields": field(
        "{name: a, type: object}",
        "25: error S210: object `a` has no fields\n    list its members under `fields`",
    ),
    "fields of a string": field(
        "{name: a, type: string, fields: [{name: b}]}",
        "33: error S211: `a` has fields but is string\n    write `type: object`",
    ),
    "length of a decimal": field(
        "{name: a, type: decimal, precision: [4, 2], length: 4}",
        "53: error S212: `a` is decimal and has a length\n    write `precision: [digits, places]`",
    ),
    "precision of a string": field(
        "{name: a, type: string, precision: [4, 2]}",
        "44: error S213: `a` is string and has a precision",
    ),
    "more places than digits": field(
        "{name: a, type: decimal, precision: [2, 4]}",
        "45: error S213: `a`: [2, 4] is no precision",
    ),
    "places of an integer": field(
        "{name: a, type: integer, precision: [4, 2]}",
        "45: error S213: `a` is integer and has 2 places",
    ),
    "format of a string": field(
        "{name: a, type: integer, format: yyyyMM}",
        "34: error S215: `a` is integer and has a format",
    ),
    "node without fields": interface(
        HEAD + "input:\n  - {node: data, fields: []}\n" + TAIL,
        "13:26: error S216: node `data` has no fields",
    ),
    "coded and bound": Case(
        {TABLE: DICTIONARY, PATH: with_fields("{name: a, dictionary: med_type, coded: true}")},
        f"{PATH}:16:41: error S217: `a` is bound to `med_type` and marked coded\n"
        "    remove `coded`",
    ),
    "coded object": field(
        "{name: a, type: object, coded: true, fields: [{name: b}]}",
        "33: error S218: object `a` cannot be coded",
    ),
    "list beside a node": interface(
        HEAD
        + "input:\n  - repeated: true\n    fields: [{name: a}]\n  - {node: b, fields: [{name: c}]}\n"
        + TAIL,
        "13:5: error S219: `input` is a list here, and has other nodes\n    name the node",
    ),
    "field twice": interface(
        with_fields("{name: a}", "{name: b}", "{name: a}"),
        "18:16: error C401: field `a` appears twice here, first on line 16",
    ),
    "alias is a field": interface(
        with_fields("{name: a, aliases: [c, b]}", "{name: b, aliases: [c]}"),
        "16:32: error C401: alias `b` of field `a` is already a name of `b`\n"
        "17:29: error C401: alias `c` of field `b` is already a name of `a`",
    ),
    "nested field twice": field(
        "{name: a, type: object, fields: [{name: b}, {name: a}, {name: b}]}",
        "71: error C401: field `b` appears twice here, first on line 16",
    ),
    "node twice, beside a direct field": interface(
        HEAD
        + "input:\n  - {node: a, fields: [{name: x}]}\n  - {node: a, fields: [{name: x}]}\n"
        + "  - fields: [{name: a}]\n"
        + TAIL,
        "14:12: error C401: node `a` appears twice here, first on line 13\n"
        "15:21: error C401: field `a` appears twice here, first on line 13",
    ),
    "personal data not marked": interface(
        with_fields("{name: certno, label: 证件号码}", "{name: certno_type, label: 证件号码类型}"),
        "16:16: warning C440: `certno` (证件号码) looks personal and is not marked\n"
        "    add `sensitive: true`",
    ),
    "personal data in camel case and by label": interface(
        with_fields("{name: coner_name}", "{name: conerTel}", "{name: x, label: 家庭住址}"),
        "16:16: warning C440: `coner_name` looks personal and is not marked\n"
        "    add `sensitive: true`\n"
        "17:16: warning C440: `conerTel` looks personal and is not marked\n"
        "    add `sensitive: true`\n"
        "18:16: warning C440: `x` (家庭住址) looks personal and is not marked\n"
        "    add `sensitive: true`",
    ),
    "personal data marked in one place only": interface(
        HEAD
        + INPUT
        + "      - {name: remark, type: string}\n"
        + "output:\n  - {node: o, fields: [{name: remark, type: string, sensitive: true}]}\n"
        + "provenance: {listing: hubei, fields: national-baseline}\n",
        "16:16: warning C441: `remark` is marked sensitive in 2207 output, not here\n"
        "    add `sensitive: true`",
    ),
    "correction without reason": interface(
        with_fields("{name: a, printed: {name: b}}", "{name: b, reason: because}"),
        "16:19: error C413: `printed` without `reason`\n    say why\n"
        "17:19: error C413: `reason` without `printed`\n    say what the source prints",
    ),
    "printed names no key": field(
        "{name: a, reason: r, printed: {nam: b, name: a}}",
        "40: error C414: `printed` names `nam`, which is no key here\n"
        "48: error C414: `printed.name` equals `name`\n    remove it",
    ),
}

_FILES = """\
files:
  - name: rows
    label: 行
    direction: upload
    columns:
      - {position: 1, name: a}
      - {position: 3, name: a}
  - {name: rows, label: 行, direction: upload, columns: []}
"""

WHOLE = {
    "unspecified beside tables": interface(
        head("input:", "fields: unspecified\ninput:"),
        "13:1: error C410: `input` beside `fields: unspecified`\n    remove one of them\n"
        "18:1: error C410: `output` beside `fields: unspecified`\n    remove one of them",
    ),
    "no tables": interface(
        HEAD + "provenance: {listing: hubei, fields: unspecified}\n",
        "1:9: error C411: `input` and `output` missing\n"
        "    write `fields: unspecified` where no table is known",
    ),
    "provenance of fields that are given": interface(
        head("fields: national-baseline", "fields: unspecified"),
        "18:38: error C412: fields are given, but their provenance is `unspecified`",
    ),
    "provenance of fields that are not given": interface(
        HEAD + "fields: unspecified\nprovenance: {listing: hubei, fields: code-evidence}\n",
        "13:38: error C412: no fields are given, but their provenance is `code-evidence`\n"
        "    write `unspecified`",
    ),
    "provenance of two unspecified sides": interface(
        HEAD + "input: unspecified\n" + TAIL,
        "14:38: error C412: no fields are given, but their provenance is `national-baseline`\n"
        "    write `unspecified`",
    ),
    "file name": Case(
        {"interfaces/2-services/2208.yaml": INTERFACE, "dictionaries/other.yaml": DICTIONARY},
        "dictionaries/other.yaml:1:6: error C402: key `med_type` in a file named `other.yaml`\n"
        "    rename it to `med_type.yaml`\n"
        "interfaces/2-services/2208.yaml:1:9: error C402: number `2207` in a file named "
        "`2208.yaml`\n    rename it to `2207.yaml`",
    ),
    "folder": Case(
        {"interfaces/3-other/2207.yaml": INTERFACE},
        "interfaces/3-other/2207.yaml:4:12: error C403: category `2-医保服务` in folder `3-other`\n"
        "    move it to `interfaces/2-…/2207.yaml`",
    ),
    "two folders": Case(
        {PATH: INTERFACE, "interfaces/2-x/2208.yaml": other("2208", "a.b")},
        "interfaces/2-x/2208.yaml:4:12: error C403: category `2-医保服务` has two folders, "
        "`2-services` and `2-x`",
    ),
    "case only": Case(
        {
            "interfaces/2-services/2101A.yaml": other("2101A", "a.b"),
            "interfaces/2-services/2101a.yaml": other("2101a", "a.c"),
        },
        "interfaces/2-services/2101a.yaml:1:9: error C404: number `2101a` differs from `2101A` "
        "in case only",
    ),
    "operation twice": also(
        "interfaces/2-services/2208.yaml",
        other("2208", "outpatient.settle"),
        "interfaces/2-services/2208.yaml:3:12: error C405: operation `outpatient.settle` is "
        "already that of 2207\n    see ROOT/interfaces/2-services/2207.yaml:3:12",
    ),
    "operation keyword": interface(
        head("outpatient.settle", "class.import"),
        "3:12: error C406: group `class` is a Python keyword\n"
        "3:12: error C406: method `import` is a Python keyword",
    ),
    "operation hides a client's attribute": interface(
        head("outpatient.settle", "settings.get"),
        "3:12: error C406: group `settings` would hide `Client.settings`",
    ),
    "unknown dictionary": Case(
        {TABLE: DICTIONARY, PATH: with_fields("{name: a, dictionary: med_typ}")},
        f"{PATH}:16:31: error R302: unknown dictionary `med_typ`\n    did you mean `med_type`?",
    ),
    "a broken dictionary is not unknown too": Case(
        {TABLE: "key: med_type\n", PATH: with_fields("{name: a, dictionary: med_type}")},
        f"{TABLE}:1:1: error S202: a dictionary lacks `codes`\n"
        f"{TABLE}:1:1: error S202: a dictionary lacks `label`\n"
        f"{TABLE}:1:1: error S202: a dictionary lacks `provenance`",
    ),
    "unknown numbers": interface(
        head("reversible: true", "cancels: ['2206', '2207']\ndeprecated: {replaced_by: 2207a}"),
        "11:11: error R303: unknown interface `2206`\n    did you mean `2207`?\n"
        "11:19: error R303: `cancels` names the interface itself\n"
        "12:27: error R303: unknown interface `2207a`\n    did you mean `2207`?",
    ),
    "role twice": Case(
        {
            PATH: head("reversible: true", "role: reverse"),
            "interfaces/2-services/2208.yaml": other(
                "2208", "a.b", head("reversible: true", "role: reverse")
            ),
        },
        "interfaces/2-services/2208.yaml:11:7: error R304: role `reverse` already belongs to 2207",
    ),
    "role and effect": interface(
        head("reversible: true", "role: upload_file"),
        "10:9: error C415: role `upload_file` with effect `write`\n    expected `transfer`",
    ),
    "reversible query": interface(
        head("effect: write", "effect: query"),
        "11:1: error C416: `reversible` on an interface whose effect is `query`",
    ),
    "reversible callback": interface(
        head("direction: request", "direction: callback"),
        "11:1: error C417: `reversible` on a callback",
    ),
    "file layouts": interface(
        head("output:", _FILES + "output:"),
        "23:20: error C418: column 2 of `rows` has position 3\n"
        "23:29: error C419: column `a` of `rows` appears twice\n"
        "24:12: error C419: file layout `rows` appears twice\n"
        "24:56: error C419: file layout `rows` has no columns",
    ),
    "printed interface": interface(
        head("effect:", "printed: {name: 门诊结, title: x}\neffect:"),
        "10:22: error C414: `printed` names `title`, which is no key here",
    ),
    "dictionary aliases": also(
        "dictionaries/x.yaml",
        DICTIONARY.replace("key: med_type", "key: x\naliases: [med_type, x, y, y]"),
        "dictionaries/x.yaml:2:11: error R307: alias `med_type` already leads to dictionary "
        "`med_type`\n"
        "dictionaries/x.yaml:2:21: error R307: alias `x` is the key itself\n"
        "dictionaries/x.yaml:2:27: error R307: alias `y` appears twice",
    ),
    "code twice": Case(
        {TABLE: DICTIONARY.replace("provenance:", "  - {code: 11, label: 又}\nprovenance:")},
        f"{TABLE}:5:12: error D501: code `11` appears twice, first on line 4",
    ),
    "no codes": Case(
        {TABLE: "key: med_type\nlabel: a\ncodes: []\nprovenance: {source: national-baseline}\n"},
        f"{TABLE}:3:8: error D502: dictionary `med_type` has no codes",
    ),
    "code longer than field": Case(
        {TABLE: DICTIONARY, PATH: with_fields("{name: a, length: 1, dictionary: med_type}")},
        f"{PATH}:16:42: warning D503: `a` holds 1 characters, the shortest code of `med_type` has 2",
    ),
    "personal envelope key": Case(
        {
            "platform.yaml": PLATFORM.replace(
                "request: []",
                "request: [{name: opter_name, label: 经办人姓名, type: string, "
                "provenance: {source: hubei-client}}]",
            )
        },
        "platform.yaml:3:29: warning C440: `opter_name` looks personal and is not marked\n"
        "    add `sensitive: true`",
    ),
}
