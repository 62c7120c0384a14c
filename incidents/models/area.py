"""Areas of an alert as JSON: `{"description", "polygon": [[lat, lon], …] | "circle": {"lat", "lon", "km"}}`, WGS 84 degrees."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portsec.access.text import no_control_characters, one_line

MOST_AREAS = 20
MOST_POINTS = 500
LONGEST_DESCRIPTION = 200
WIDEST_CIRCLE_KM = 2000


def check_areas(areas: Any) -> None:
    """Raises ValidationError with one message that names the area by its place in the list."""
    if not isinstance(areas, list) or len(areas) > MOST_AREAS:
        raise ValidationError(_("Give a list of at most %d areas.") % MOST_AREAS)
    for place, area in enumerate(areas, 1):
        try:
            _check_area(area)
        except ValidationError as error:
            raise ValidationError(
                [_("Area %(place)d: %(what)s") % {"place": place, "what": message} for message in error.messages]
            ) from error


def _check_area(area: Any) -> None:
    if not isinstance(area, dict) or set(area) - {"description", "polygon", "circle"}:
        raise ValidationError(_("Give description, and polygon or circle; nothing else is understood."))
    _check_description(area.get("description"))
    if area.get("polygon") is not None and area.get("circle") is not None:
        raise ValidationError(_("Give either a polygon or a circle, not both."))
    if area.get("polygon") is not None:
        _check_polygon(area["polygon"])
    if area.get("circle") is not None:
        _check_circle(area["circle"])


def _check_description(description: Any) -> None:
    if not isinstance(description, str) or not description.strip():
        raise ValidationError(_("Describe the area in words: a radio message cannot show a map."))
    if len(description) > LONGEST_DESCRIPTION:
        raise ValidationError(_("Keep the description to %d characters.") % LONGEST_DESCRIPTION)
    no_control_characters(description)
    one_line(description)


def _check_polygon(polygon: Any) -> None:
    if not isinstance(polygon, list) or not 4 <= len(polygon) <= MOST_POINTS:
        raise ValidationError(_("A polygon has 4 to %d points, the last like the first.") % MOST_POINTS)
    for point in polygon:
        if not isinstance(point, list) or len(point) != 2:
            raise ValidationError(_("Each point is [latitude, longitude]."))
        _check_position(*point)
    if polygon[0] != polygon[-1]:
        raise ValidationError(_("Close the polygon: repeat the first point at the end."))


def _check_circle(circle: Any) -> None:
    if not isinstance(circle, dict) or set(circle) != {"lat", "lon", "km"}:
        raise ValidationError(_("A circle has lat, lon and km."))
    _check_position(circle["lat"], circle["lon"])
    if not _is_number(circle["km"]) or not 0 <= circle["km"] <= WIDEST_CIRCLE_KM:
        raise ValidationError(_("The radius is 0 to %d km.") % WIDEST_CIRCLE_KM)


def _check_position(latitude: Any, longitude: Any) -> None:
    if not (_is_number(latitude) and -90 <= latitude <= 90 and _is_number(longitude) and -180 <= longitude <= 180):
        raise ValidationError(_("Latitude is −90 to 90 and longitude −180 to 180, in degrees."))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
