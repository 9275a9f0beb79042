"""The documentation site: pages from the spec and the hand-written guides, built by zensical."""
