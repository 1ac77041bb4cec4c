import pytest
from PIL import ImageStat

from example.shop.demo.pictures.canvas import box, mix, oval, smooth
from example.shop.demo.pictures.scenes import SCENES, paint


def test_the_same_name_paints_the_same_picture():
    assert paint("butter").tobytes() == paint("butter").tobytes()


@pytest.mark.parametrize("name", sorted(SCENES)[::9])
def test_a_picture_has_its_size_and_is_not_one_colour(name):
    picture = paint(name)
    assert picture.size == (1080, 810)
    assert min(ImageStat.Stat(picture).stddev) > 8


def test_mix_of_nothing_is_the_colour():
    assert mix("#102030", "#ffffff", 0) == "#102030"
    assert mix("#102030", "#ffffff", 1) == "#ffffff"


def test_box_keeps_within_its_sides():
    points = box(0, 0, 10, 6, 2)
    assert max(x for x, _y in points) == pytest.approx(5)
    assert min(y for _x, y in points) == pytest.approx(-3)


def test_smooth_goes_through_its_points():
    curve = smooth("0,0 10,0 10,10")
    assert curve[0] == (0, 0)
    assert (10, 0) in curve


def test_oval_begins_at_the_right():
    assert oval(1, 2, 3, 4)[0] == (4, 2)
