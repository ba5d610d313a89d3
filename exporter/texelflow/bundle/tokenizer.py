"""The files of a tokenizer that a bundle may have, under the names that Hugging Face gives them."""

from __future__ import annotations

TOKENIZER, SETTINGS = "tokenizer.json", ("tokenizer_config.json", "chat_template.jinja")
TOKENIZER_FILES = (TOKENIZER, *SETTINGS)
"""What `texelflow.text.js` reads: the tokenizer, its settings and its chat template, which may be missing."""
