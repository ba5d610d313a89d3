"""Write tokenizers/: small ones, trained here, and what Python's libraries make of texts and chats.

In an environment of its own: `pip install tokenizers transformers jinja2`, then run this file.
"""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

FOLDER = Path(__file__).with_name("tokenizers")
SENTENCES = [
    "the quick brown fox jumps over the lazy dog",
    "texels flow through the quick GPU",
    "naïve café 東京",
]
CORPUS = SENTENCES * 4
TEXTS = [
    "the quick fox",
    "Texels flow, over and over: 12345!",
    "  spaces   kept\n\tand lines ",
    "naïve café — 東京 😀👍🏽",
    "",
    "<|im_start|>user",
    "unhappily [MASK] it's",
]
PAIRS = [["the dog", "the fox"], ["a", "b c"]]
CHATS = [
    [{"role": "user", "content": "Who are you?"}],
    [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": " Hello\n"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Bye"},
    ],
]
TEMPLATE = """{% for message in messages %}
    {%- if loop.first and message.role != 'system' %}{{ bos_token }}{% endif -%}
    {{ '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim + eos_token + '\\n' }}
{%- endfor %}
{%- if tools %}
tools: {{ tools | tojson }}
{%- endif %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}"""


def byte_pairs() -> Tokenizer:
    """As GPT-2's, of bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=340,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def word_pieces() -> Tokenizer:
    """As BERT's."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=special)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


def main() -> None:
    """Train, record and write."""
    cases = {
        "byte_pairs": (byte_pairs(), {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>"}),
        "word_pieces": (word_pieces(), {"unk_token": "[UNK]", "sep_token": "[SEP]", "mask_token": "[MASK]"}),
    }
    for name, (tokenizer, special) in cases.items():
        folder = FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        config: dict[str, object] = dict(special)
        recorded: dict[str, object] = {
            "texts": [
                {
                    "text": text,
                    "special": tokenizer.encode(text).ids,
                    "plain": tokenizer.encode(text, add_special_tokens=False).ids,
                    "decoded": tokenizer.decode(tokenizer.encode(text).ids),
                }
                for text in TEXTS
            ],
            "pairs": [
                {"pair": pair, "ids": encoded.ids, "types": encoded.type_ids, "mask": encoded.attention_mask}
                for pair in (PAIRS if name == "word_pieces" else [])
                for encoded in [tokenizer.encode(*pair)]
            ],
        }
        if name == "byte_pairs":
            config["chat_template"] = [
                {"name": "default", "template": TEMPLATE},
                {"name": "other", "template": "{{ messages | length }}{{ word }}"},
            ]
            fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=TEMPLATE, **special)
            recorded["chats"] = [
                {
                    "messages": chat,
                    "prompt": prompt,
                    "tools": tools,
                    "text": fast.apply_chat_template(
                        chat, tokenize=False, add_generation_prompt=prompt, tools=tools
                    ),
                }
                for chat in CHATS
                for prompt in (True, False)
                for tools in (None, [{"type": "function", "function": {"name": "f"}}])
            ]
        for file, content in {"tokenizer_config": config, "recorded": recorded}.items():
            text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
            (folder / f"{file}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
