"""From the hand-edited spec to the generated package."""
