"""Looking things up: list, show, field, dict, sample, check."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli.program import PROGRAM, in_terminal, run, width
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.codec import encode_input
from hubei_yibao_simulator.shape import sample_input

Env = dict[str, str]
HEAVY = ("pydantic", "pydantic_settings", "httpx2", "httpcore2", "msgspec", "hubei_yibao.models")


@pytest.mark.parametrize(
    "words", [["list"], ["show", "2207"], ["field", "psn_no"], ["dict"], ["dict", "med_type", "21"]]
)
def test_looking_something_up_imports_no_model(words: list[str], env: Env) -> None:
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"sys.argv = ['hubei-yibao', *{words!r}]\n"
        "from hubei_yibao_cli.main import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout
    loaded = done.stderr.split()
    assert "hubei_yibao.registry" in loaded
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_list_is_one_tab_separated_line_per_interface(env: Env) -> None:
    done = run("list", env=env)
    assert done.code == 0
    assert [row[0] for row in done.rows] == list(INTERFACES)
    assert done.rows[0][:2] == ["1101", "人员基本信息获取"]
    assert not re.search(r"[\x1b─│┃]", done.out)


def test_list_filters(env: Env) -> None:
    def numbers(*words: str) -> set[str]:
        return {row["number"] for row in run("list", *words, "--json", env=env).json}

    def expected(text: str) -> set[str]:
        return {i.number for i in INTERFACES.values() if text in " ".join(i.category)}

    assert numbers("-k", "门急诊结算") == expected("门急诊结算")
    pharmacy = numbers("--institution", "pharmacy")
    assert pharmacy == {
        i.number for i in INTERFACES.values() if i.institution in ("pharmacy", "all")
    }
    assert numbers("--open", "no") == {i.number for i in INTERFACES.values() if i.open is False}
    assert numbers("--callback") == {
        i.number for i in INTERFACES.values() if i.direction == "callback"
    }
    assert numbers("outpatient.settle") == {"2207"}
    assert numbers("门诊结算", "--effect", "write") == {"2207", "2208"}


def test_a_filter_nobody_knows_is_wrong_usage(env: Env) -> None:
    done = run("list", "--open", "maybe", env=env)
    assert done.code == 2
    assert "maybe" in done.err
    assert run("nonsense", env=env).code == 2


def test_nothing_found_says_so(env: Env) -> None:
    done = run("list", "没有这个接口", env=env)
    assert (done.code, done.out) == (0, "")
    assert "没有" in done.err


def test_columns_align_in_a_terminal(env: Env) -> None:
    """Chinese characters take two columns: each cell begins where its heading does."""
    done = in_terminal("list", "-k", "2-门急诊结算", env=env, columns=120)
    heading, *rows, count = [line for line in done.lines if line.strip() and "─" not in line]
    assert count == f"{len(rows)} 个接口"
    assert {"编号", "名称", "Python 方法"} <= set(re.split(r"\s{2,}", heading.strip()))
    assert len(rows) == len([i for i in INTERFACES.values() if i.category[1] == "2-门急诊结算"])
    for name, cell in (("Python 方法", "outpatient."), ("作用", "写入|查询")):
        place = width(heading[: heading.index(name)])
        for row in rows:
            found = re.search(cell, row)
            assert found is not None
            assert width(row[: found.start()]) == place


def test_a_narrow_terminal_folds_and_stays_aligned(env: Env) -> None:
    done = in_terminal("show", "2207", env=env, columns=72)
    assert max(width(line) for line in done.lines) <= 72
    table = done.out[done.out.index("\n输入") :].splitlines()
    heading = next(line for line in table if "必填" in line)
    row = next(line for line in table if "mdtrt_cert_type" in line)
    assert width(heading[: heading.index("类型")]) == width(row[: row.index("string")])


def test_nested_fields_are_indented(env: Env) -> None:
    done = in_terminal("show", "2207", env=env, columns=140)
    assert re.search(r"^ data ", done.out, re.MULTILINE)
    assert re.search(r"^ {3}psn_no ", done.out, re.MULTILINE)
    assert re.search(r"^ setldetail\[\] ", done.out, re.MULTILINE)


def test_show_in_a_pipe_says_on_each_line_where_a_field_stands(env: Env) -> None:
    done = run("show", "2207", env=env)
    fields = [row for row in done.rows if row[0] in ("input", "output")]
    assert [(row[0], row[1]) for row in fields] == [
        (p.side, p.path) for p in INTERFACES["2207"].fields()
    ]
    assert ["input", "data.psn_no", "人员编号", "string(30)", "是", "", "个人信息"] in fields


def test_show_as_json_holds_every_field(env: Env) -> None:
    shown = run("show", "2207", "--json", env=env).json
    names = [field["name"] for node in shown["output"] for field in node["fields"]]
    assert names == [p.field.name for p in INTERFACES["2207"].fields("output")]
    assert shown["operation"] == "outpatient.settle"


def test_an_interface_without_a_table_says_so(env: Env) -> None:
    number = next(i.number for i in INTERFACES.values() if not i.specified)
    assert run("show", number, "--json", env=env).json["input"] is None
    assert "无公布的字段表" in in_terminal("show", number, env=env).out


@pytest.mark.parametrize("words", ["2207", "门诊结算", "outpatient.settle"])
def test_an_interface_is_found_by_number_name_and_operation(words: str, env: Env) -> None:
    assert run("show", words, "--json", env=env).json["number"] == "2207"


def test_letters_of_a_number_may_be_of_either_case(env: Env) -> None:
    assert run("show", "yh03", "--json", env=env).json["number"] == "YH03"


def test_what_is_not_found_is_suggested(env: Env) -> None:
    unknown = run("show", "2270", env=env)
    assert unknown.code == 1
    assert "2207 门诊结算" in unknown.err
    ambiguous = run("show", "门诊结", env=env)
    assert ambiguous.code == 1
    assert "2207" in ambiguous.err
    assert "2208" in ambiguous.err
    assert "psn_no" in run("field", "psn_nr", env=env).err
    assert "med_type" in run("dict", "med_typ", env=env).err
    assert run("show", "2270", "--json", env=env).json["outcome"] == "error"


def test_field_lists_every_place(env: Env) -> None:
    places = [(i.number, f"{p.side}.{p.path}") for i in INTERFACES.values() for p in i.fields()
              if p.field.name == "psn_no"]  # fmt: skip
    found = [(row[0], row[2]) for row in run("field", "psn_no", env=env).rows]
    assert [place for place in found if not place[1].startswith("file.")] == places
    assert ("3202", "file.settlements.psn_no") in found
    assert run("field", "人员编号", env=env).code == 0
    assert "string(30) ×" in in_terminal("field", "psn_no", env=env).out


def test_code_tables(env: Env) -> None:
    assert run("dict", "med_type", env=env).rows == [
        [code, label] for code, label in INTERFACES.codes("med_type").items()
    ]
    assert run("dict", "insutype", "310", env=env).rows == [["310", "职工基本医疗保险"]]
    assert ["mdtrt_cert_type", "02", "居民身份证"] in run("dict", "居民身份证", env=env).rows
    assert run("dict", "insutype", "999999", env=env).code == 1
    keys = {row["key"]: row["count"] for row in run("dict", "--json", env=env).json}
    assert keys["med_type"] == len(INTERFACES.codes("med_type"))


@pytest.mark.parametrize(
    "number", ["1101", "2207", "2301", "4401", "4101A", "7101", "3205a", "9101"]
)
def test_a_sample_validates_and_is_always_the_same(number: str, env: Env, tmp_path: Path) -> None:
    number = next(known for known in INTERFACES if known.casefold() == number.casefold())
    sample = run("sample", number, env=env)
    assert sample.out == run("sample", number, env=env).out
    file = tmp_path / "request.json"
    file.write_text(sample.out, "utf-8")
    assert run("check", number, str(file), env=env).code == 0
    assert run("check", number, "-", env=env, given=sample.out).code == 0
    whole = json.dumps({"infno": number, "input": json.loads(sample.out)})
    assert run("check", number, "-", env=env, given=whole).code == 0


def test_every_interface_has_a_sample_that_validates() -> None:
    for number, interface in INTERFACES.items():
        assert encode_input(INTERFACES, number, sample_input(interface, INTERFACES.codes)).json


def test_check_names_every_fault(env: Env) -> None:
    given = run("sample", "2204", env=env).json
    row = given["feedetail"][0]
    row["rx_circ_flag"] = "9"
    row["cnt"] = "many"
    row["nonsense"] = 1
    done = run("check", "2204", "-", env=env, given=json.dumps(given))
    assert done.code == 1
    assert {(fault[0], fault[2]) for fault in done.rows} >= {
        ("input.feedetail[0].cnt", "type"),
        ("input.feedetail[0].nonsense", "unknown_field"),
    }
    listed = run("check", "2204", "-", "--json", env=env, given=json.dumps(given)).json
    assert listed["valid"] is False
    assert "数量" in {fault["label"] for fault in listed["faults"]}


@pytest.mark.parametrize("given", ["", "[1]", "{", '{"infno": "2204", "input": {}}'])
def test_check_refuses_what_is_no_input_of_the_interface(given: str, env: Env) -> None:
    done = run("check", "2207", "-", env=env, given=given)
    assert done.code == 1
    assert done.err.startswith("错误")


def test_a_missing_file_is_an_error_not_a_crash(env: Env) -> None:
    done = run("check", "2207", "/nonexistent.json", env=env)
    assert done.code == 1
    assert "Traceback" not in done.err


def test_a_reader_that_goes_away_is_met_with_silence(env: Env) -> None:
    with subprocess.Popen(
        [PROGRAM, "show", "4401"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_english_by_option_and_by_locale(env: Env) -> None:
    for chosen, words in ((env, ["--lang", "en"]), (env | {"LANG": "en_US.UTF-8"}, [])):
        assert "operation" in in_terminal("list", "2207", *words, env=chosen).out
        assert "List the interfaces" in run("list", "--help", *words, env=chosen).out
    chinese = in_terminal("list", "2207", "--lang", "zh", env=env | {"LANG": "en_US.UTF-8"})
    assert "名称" in chinese.out
    assert run("list", "--lang", "fr", env=env).code == 2


def test_help_names_every_subcommand_and_the_exit_codes(env: Env) -> None:
    shown = run("--help", env=env).out
    for name in (
        "list",
        "show",
        "field",
        "dict",
        "sample",
        "check",
        "call",
        "journal",
        "doctor",
        "simulate",
    ):
        assert f"\n  {name} " in shown
    assert "5结果未知" in re.sub(r"\s", "", shown)
    assert run("--version", env=env).out.startswith("hubei-yibao ")


def test_completion_offers_numbers_and_tables(env: Env) -> None:
    def offered(line: str) -> str:
        asked = {"_HUBEI_YIBAO_COMPLETE": "complete_bash", "COMP_WORDS": line,
                 "COMP_CWORD": str(line.count(" "))}  # fmt: skip
        return run(env=env | asked).out

    assert "2207" in offered("hubei-yibao show 22").split()
    assert "med_type" in offered("hubei-yibao dict med_").split()
    assert "journal" in offered("hubei-yibao jo").split()
    assert "hubei" in run("--show-completion", env=env | {"SHELL": "/bin/bash"}).out


def test_without_its_extra_it_names_what_to_install(env: Env) -> None:
    code = "import sys\nsys.modules['typer'] = None\nfrom hubei_yibao_cli.main import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("pip install 'hubei-yibao[cli]'")
    assert "Traceback" not in done.stderr
