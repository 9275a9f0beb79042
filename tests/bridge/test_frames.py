"""Frames between the processes: whole or not at all."""

from __future__ import annotations

import io

from hubei_yibao_bridge import frames
from hypothesis import given
from hypothesis import strategies as st

KINDS = st.sampled_from([frames.CALL, frames.ANSWER, frames.BEGUN])


@given(sent=st.lists(st.tuples(KINDS, st.binary(max_size=50)), max_size=5), data=st.data())
def test_a_stream_cut_anywhere_gives_the_whole_frames_before(
    sent: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    stream = io.BytesIO()
    ends = [0]
    for kind, payload in sent:
        frames.write(stream, kind, payload)
        ends.append(stream.tell())
    cut = data.draw(st.integers(0, ends[-1]))
    rest = io.BytesIO(stream.getvalue()[:cut])
    got = []
    while (frame := frames.read(rest)) is not None:
        got.append(frame)
    assert got == sent[: sum(end <= cut for end in ends[1:])]


@given(
    number=st.from_regex(r"[0-9A-Za-z]{1,16}", fullmatch=True),
    text=st.text(st.characters(codec="utf-8")),
)
def test_a_call_is_read_as_it_was_packed(number: str, text: str) -> None:
    assert frames.unpack_call(frames.pack_call(number, text.encode())) == (number, text)
