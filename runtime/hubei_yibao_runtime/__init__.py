"""The hand-written transport under the generated package; import its modules by name."""
