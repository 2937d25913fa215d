"""Prompts to conditioning: 75-token chunks, emphasis, clip skip (A1111 v1.10.1 modules/sd_hijack_clip.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from minui.prompts import BREAK, weighted_texts

CHUNK = 75
"""Prompt tokens per chunk; with start and end mark 77."""


class Inserts(Protocol):
    """Where embeddings (textual inversion) are looked up."""

    def at(self, tokens: Sequence[int], position: int) -> tuple[Any, int] | None:
        """Embedding whose name stands at ``position`` and the number of tokens that the name takes."""


@dataclass
class Chunk:
    """Tokens and weights of one chunk, and embeddings to be put in as (position, embedding)."""

    tokens: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    inserts: list[tuple[int, Any]] = field(default_factory=list)


class Chunker:
    """Cuts weighted tokens into chunks; a short tail after a comma moves to the next chunk whole."""

    def __init__(self, start: int, end: int, comma: int | None, backtrack: int) -> None:
        self._start, self._end, self._comma, self._backtrack = start, end, comma, backtrack
        self.chunks: list[Chunk] = []
        self._now = Chunk()
        self._last_comma = -1

    def close(self) -> None:
        """End the current chunk: pad it and put the marks around it."""
        missing = CHUNK - len(self._now.tokens)
        self._now.tokens = [self._start, *self._now.tokens, *[self._end] * missing, self._end]
        self._now.weights = [1.0, *self._now.weights, *[1.0] * missing, 1.0]
        self.chunks.append(self._now)
        self._now, self._last_comma = Chunk(), -1

    def _move_tail(self) -> None:
        cut = self._last_comma + 1
        tail = Chunk(self._now.tokens[cut:], self._now.weights[cut:])
        self._now.tokens, self._now.weights = self._now.tokens[:cut], self._now.weights[:cut]
        self.close()
        self._now = tail

    def _make_room(self, token: int) -> None:
        full = len(self._now.tokens) == CHUNK
        if token == self._comma:
            self._last_comma = len(self._now.tokens)
        elif full and self._backtrack != 0 and -1 != self._last_comma >= CHUNK - self._backtrack:
            self._move_tail()
        if len(self._now.tokens) == CHUNK:
            self.close()

    def add(self, tokens: Sequence[int], weight: float, inserts: Inserts) -> None:
        """Append tokens, replacing names of embeddings by room for their vectors."""
        position = 0
        while position < len(tokens):
            self._make_room(tokens[position])
            found = inserts.at(tokens, position)
            if found is None:
                self._now.tokens.append(tokens[position])
                self._now.weights.append(weight)
                position += 1
                continue
            embedding, length = found
            if len(self._now.tokens) + embedding.vectors > CHUNK:
                self.close()
            self._now.inserts.append((len(self._now.tokens), embedding))
            self._now.tokens += [0] * embedding.vectors
            self._now.weights += [weight] * embedding.vectors
            position += length

    def finish(self) -> list[Chunk]:
        """All chunks; at least one."""
        if self._now.tokens or not self.chunks:
            self.close()
        return self.chunks


class TextEncoder:
    """A CLIP text model with its tokenizer, and the embeddings known to it."""

    def __init__(self, tokenizer: Any, transformer: Any, position_ids: Tensor | None, inserts: Inserts) -> None:
        self.tokenizer, self.transformer, self.inserts = tokenizer, transformer, inserts
        self._body = getattr(transformer, "text_model", transformer)
        self._positions = position_ids
        self._comma = tokenizer.get_vocab().get(",</w>")
        self._pending: list[list[tuple[int, Any]]] = []
        self._body.embeddings.token_embedding.register_forward_hook(self._insert)
        self.used: dict[str, Any] = {}

    @property
    def width(self) -> int:
        """Length of one vector."""
        return int(self._body.embeddings.token_embedding.weight.shape[1])

    def _insert(self, _module: Any, _inputs: Any, output: Tensor) -> Tensor:
        """Put the vectors of embeddings in place of their room."""
        for row, inserts in enumerate(self._pending):
            for offset, embedding in inserts:
                room = min(output.shape[1] - offset - 1, embedding.vectors)
                output[row, offset + 1 : offset + 1 + room] = embedding.vec[:room]
        return output

    def chunks(self, text: str, options: Any) -> list[Chunk]:
        """Chunks of one prompt."""
        pieces = weighted_texts(text) if options.emphasis != "None" else [(text, 1.0)]
        ids = self.tokenizer([piece for piece, _ in pieces], truncation=False, add_special_tokens=False)["input_ids"]
        ends = (self.tokenizer.bos_token_id, self.tokenizer.eos_token_id)
        chunker = Chunker(*ends, self._comma, options.comma_padding_backtrack)
        for piece, tokens in zip(pieces, ids, strict=True):
            if piece == BREAK:
                chunker.close()
            else:
                chunker.add(tokens, piece[1], self.inserts)
        return chunker.finish()

    def encode(self, texts: Sequence[str], options: Any) -> Tensor:
        """Conditioning of texts: (len(texts), 77 * chunks, width)."""
        rows = [self.chunks(text, options) for text in texts]
        empty = Chunker(self.tokenizer.bos_token_id, self.tokenizer.eos_token_id, self._comma, 0).finish()[0]
        length = max(len(row) for row in rows)
        columns = [[row[index] if index < len(row) else empty for row in rows] for index in range(length)]
        return torch.hstack([self._encode_chunks(column, options) for column in columns])

    def _encode_chunks(self, chunks: Sequence[Chunk], options: Any) -> Tensor:
        self._pending = [chunk.inserts for chunk in chunks]
        self.used.update({insert.name: insert for chunk in chunks for _, insert in chunk.inserts})
        try:
            z = self._transform(torch.asarray([chunk.tokens for chunk in chunks]), options.CLIP_stop_at_last_layers)
        finally:
            self._pending = []
        weights = torch.asarray([chunk.weights for chunk in chunks])
        return emphasised(z, weights, options.emphasis)

    def _transform(self, tokens: Tensor, clip_skip: Any) -> Tensor:
        """Hidden state of the asked layer, normed. Raises IndexError beyond the first layer, TypeError for text."""
        layer = -clip_skip
        outputs = self.transformer(tokens, position_ids=self._positions, output_hidden_states=True)
        if clip_skip <= 1:
            return outputs.last_hidden_state
        return self._body.final_layer_norm(outputs.hidden_states[layer])


def emphasised(z: Tensor, weights: Tensor, mode: str) -> Tensor:
    """Multiply each token's vector by its weight; mode Original puts the mean of the whole tensor back.

    Without any weight nothing is done: a mean of zero would otherwise turn everything into not-a-number.
    """
    if mode in ("None", "Ignore") or bool((weights == 1.0).all()):
        return z
    weighted = z * weights.reshape((*weights.shape, 1)).expand(z.shape)
    if mode == "No norm":
        return weighted
    return weighted * (z.mean() / weighted.mean())
