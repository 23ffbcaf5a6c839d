"""Pictures from outside: small ones come out, hostile ones do not, and nothing but pixels survives."""

from io import BytesIO

import pytest
from PIL import Image

from invitations.typed.pictures import SIDE, WANTED_BYTES, NotAPictureError, thumbnail
from tests.hostile_pictures import CASES, encoded


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_a_small_webp_without_its_metadata(kind):
    small = thumbnail(encoded(kind, size=(400, 200), comment="SECRET-PLACE"))

    assert len(small) <= WANTED_BYTES
    assert b"SECRET-PLACE" not in small
    with Image.open(BytesIO(small)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (SIDE, SIDE // 2))
        assert not picture.getexif()


def test_what_is_transparent_stays_so():
    with Image.open(BytesIO(thumbnail(encoded("PNG", colour=(200, 0, 0, 0))))) as picture:
        assert picture.convert("RGBA").getpixel((5, 5))[3] == 0


def test_an_animation_stands_still():
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])

    with Image.open(BytesIO(thumbnail(out.getvalue()))) as picture:
        assert getattr(picture, "n_frames", 1) == 1
        assert picture.convert("RGB").getpixel((32, 32))[0] > 200


@pytest.mark.parametrize("data", CASES.values(), ids=CASES.keys())
def test_s35_what_is_no_bearable_picture_is_refused(data):
    with pytest.raises(NotAPictureError):
        thumbnail(data)
