"""9001 and 9002: signing in and out, once per institution, operator and day."""

from __future__ import annotations

from .core import Call, Output, handles, refuse

KIND = "session"


@handles("9001")
def sign_in(call: Call) -> Output:
    operator = str(call.node("signIn").get("opter_no") or "")
    if not operator:
        refuse("不能为空", "opter_no", "操作员编号")
    key = f"{operator} {call.date}"
    session = call.books.get(KIND, call.institution, key)
    if session is None or session["ended"]:
        session = {"sign_no": call.new_id("sign_no"), "sign_time": call.time, "ended": False}
        call.books.put(KIND, call.institution, key, call.time, session)
    return {"signinoutb": {"sign_no": session["sign_no"], "sign_time": session["sign_time"]}}


@handles("9002")
def sign_out(call: Call) -> Output:
    data = call.node("signOut")
    key = f"{data.get('opter_no')} {call.date}"
    session = call.books.get(KIND, call.institution, key)
    if session is None or session["ended"] or session["sign_no"] != data.get("sign_no"):
        refuse("当天没有签到信息，不能签退", "sign_no", "签到编号")
    call.books.put(KIND, call.institution, key, call.time, {**session, "ended": True})
    answer = {"sign_time": call.time}
    # the table names the node sign_time, one public client reads signoutoutb (transport.md 4)
    return {"sign_time": answer, "signoutoutb": answer}


def signed_in(call: Call) -> bool:
    """Whether the envelope's sign_no is one given to this institution today."""
    return any(
        session["sign_no"] == call.envelope.get("sign_no")
        and not session["ended"]
        and session["sign_time"][:10] == call.date
        for session in call.books.records(KIND, institution=call.institution)
    )
