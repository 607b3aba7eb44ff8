"""A byte-level tokenizer: every text has tokens, and they decode to that text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import tokenizers

from workbench.errors import DataError

__all__ = ["Tokenizer"]

# A capitalised word, a lower-case word with the space before it, one digit, one mark with the space before it, spaces.
# Capitalised words and digits never swallow the space, so that a name or a number has the same tokens wherever it
# stands, which makes copying it easy to learn.
WORDS = r"\p{Lu}[\p{L}\p{M}]*| ?[\p{Ll}\p{Lt}\p{Lm}\p{Lo}][\p{L}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]|\s+"


class Tokenizer:
    """Text to ids and back, by the `tokenizers` library's `tokenizer.json`.

    Special tokens are never read out of a text: a text that spells one is split into bytes like any other.

    Args:
        inner: the library's tokenizer, with a byte-level alphabet.

    Example:
        >>> tokenizer = Tokenizer.train(["add two numbers"], specials=("<|end|>",), size=280)
        >>> ids = tokenizer.encode("12 + é <|end|>")
        >>> tokenizer.decode(ids), tokenizer.special("<|end|>") in ids
        ('12 + é <|end|>', False)
    """

    def __init__(self, inner: tokenizers.Tokenizer) -> None:
        self._inner = inner
        inner.encode_special_tokens = True
        self._specials = {token.content: id for id, token in inner.get_added_tokens_decoder().items() if token.special}
        alphabet = _byte_of_character()
        special_ids = set(self._specials.values())
        tokens = ["" if id in special_ids else inner.id_to_token(id) or "" for id in range(inner.get_vocab_size())]
        self._bytes = [bytes(alphabet[character] for character in token) for token in tokens]

    @classmethod
    def train(cls, texts: Iterable[str], specials: Sequence[str], size: int) -> Tokenizer:
        """Byte-pair merges learned from texts; the special tokens take the first ids.

        Reference: R. Sennrich, B. Haddow, A. Birch. Neural Machine Translation of Rare Words with Subword Units.
        arXiv:1508.07909.
        """
        inner = tokenizers.Tokenizer(tokenizers.models.BPE())
        inner.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
            [
                tokenizers.pre_tokenizers.Split(tokenizers.Regex(WORDS), "isolated"),
                tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        inner.decoder = tokenizers.decoders.ByteLevel()
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=list(specials),
            initial_alphabet=sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        inner.train_from_iterator(texts, trainer)
        return cls(inner)

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """The tokenizer of a `tokenizer.json`.

        Raises:
            DataError: the file is missing or is not a tokenizer.
        """
        try:
            text = path.read_text(encoding="utf-8")
            json.loads(text)
        except (OSError, ValueError) as error:
            raise DataError(f"No tokenizer can be read from {str(path)!r}: {error}") from error
        return cls(tokenizers.Tokenizer.from_str(text))

    def save(self, path: Path) -> None:
        """Write `tokenizer.json`."""
        path.write_text(self._inner.to_str(pretty=False) + "\n", encoding="utf-8")

    @property
    def size(self) -> int:
        """How many ids there are."""
        return self._inner.get_vocab_size()

    @property
    def specials(self) -> dict[str, int]:
        """The special tokens' ids."""
        return dict(self._specials)

    def special(self, token: str) -> int:
        """The id of a special token.

        Raises:
            DataError: there is no such token.
        """
        if token not in self._specials:
            raise DataError(f"The tokenizer has no special token {token!r}; it has {sorted(self._specials)!r}.")
        return self._specials[token]

    def encode(self, text: str) -> list[int]:
        """The ids of a text; a lone surrogate, which no UTF-8 text can hold, becomes a question mark."""
        return self._inner.encode(text.encode("utf-8", "replace").decode("utf-8"), add_special_tokens=False).ids

    def bytes_of(self, id: int) -> bytes:
        """The bytes that a token stands for; a special token stands for none."""
        return self._bytes[id]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; bytes that are not UTF-8 become U+FFFD, and special tokens are left out."""
        return b"".join(self._bytes[id] for id in ids).decode("utf-8", "replace")


def _byte_of_character() -> dict[str, int]:
    """The byte-level alphabet: printable bytes stand for themselves, the others for characters from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + n): byte for n, byte in enumerate(others)}
