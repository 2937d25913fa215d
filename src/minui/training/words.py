"""The words that are one token each: those of the drawn world and those people put into prompts anyway."""

from __future__ import annotations

WORLD = """
fox cat tree trees house mushroom mushrooms flower flowers cactus moon stars star sun cloud clouds snow snowing rain
red white grey gray silver black orange arctic brown blue green yellow golden pink purple amber cream dark light pale colorful
sitting standing sleeping side front view from curled up closed eyes open facing left right looking at viewer
big ears fluffy tail bushy belly muzzle paws whiskers scarf glasses animal ear fluff fur smile
forest meadow night day desert autumn winter summer spring mountain mountains sea beach field hills hill sky sunset evening
morning outdoors indoors simple background leaves grass dunes sand water pine pines scenery landscape nature no humans solo
two-tone
masterpiece best worst low high quality blurry jpeg artifacts noise noisy washed out pixelated sharp detailed ultra-detailed illustration
flat
"""

PROMPTS = """
1girl 1boy girl boy hair tail animal sweater jeans narrow waist cowboy shot pretty face epic lighting dress hat long short
beautiful cute happy sad absurdres realistic shadows dynamic intricate details uhd 4k 8k highres skinny wizard bandages
countryside range multiple views bare shoulders detached sleeves smug seashore cyan multicolored toxic catgirl lowres bad
anatomy hands text error missing fingers extra digit fewer digits cropped normal signature watermark username artist name
a an the of and in on with by photo picture drawing painting portrait close up wide shot full body style anime art cartoon
"""

MARKS = [",", ".", "!", "?", ":", ";", "(", ")", "[", "]", "-", "_", "/", "'"]


def words() -> list[str]:
    """Every known word once, in order; words that join signs are cut where CLIP's tokenizer cuts them."""
    raw = f"{WORLD} {PROMPTS}".replace("-", " ").split()
    pieces = [piece for word in raw for piece in _pieces(word)]
    return list(dict.fromkeys([*pieces, *MARKS]))


def _pieces(word: str) -> list[str]:
    """CLIP's pattern takes digits one by one: ``1girl`` is ``1`` and ``girl``."""
    digits = [letter for letter in word if letter.isdigit()]
    rest = "".join(letter for letter in word if not letter.isdigit())
    return [*digits, rest] if rest else digits
