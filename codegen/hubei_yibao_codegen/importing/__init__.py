"""A published document → what differs from the spec → edited spec files.

``readers`` turn a file into paragraphs and cells, ``tables`` and ``listing`` recognise what they
say, ``merge`` compares that with a spec file and edits it in place, ``plan`` does so for all
files, ``apply`` writes them all or none. What cannot be read is a :class:`~.document.Remark`
with its place, never a guess.
"""
