"""The example site for tests, without its painted pictures, which take their time."""

from io import BytesIO

from django.core.files.images import ImageFile
from PIL import Image as PilImage
from wagtail.images.models import Image

from example.shop.demo.album import title_of
from example.shop.demo.pictures.scenes import SCENES
from example.shop.demo.tree import plant_tree
from example.shop.demo.world import World


def hang_small_pictures():
    """A picture of a few pixels for each scene, so that none is painted; one file for all."""
    pixels = BytesIO()
    PilImage.new("RGB", (4, 3), "#f5c451").save(pixels, "JPEG")
    first = Image.objects.create(
        title=title_of("boule"),
        file=ImageFile(BytesIO(pixels.getvalue()), name="small.jpg"),
        width=4,
        height=3,
    )
    Image.objects.bulk_create(
        Image(title=title_of(name), file=first.file.name, width=4, height=3)
        for name in SCENES
        if name != "boule"
    )


def planted_world(**options):
    """A world with its pages and nobody in it."""
    hang_small_pictures()
    world = World(**{"members": 30, "days": 20, "seed": 1} | options)
    plant_tree(world, lambda part: None)
    return world
