"""A plan as pictures and as a table for other tools: SVG without script or font, and CSV with HXL tags."""

from __future__ import annotations

import csv
from collections import defaultdict
from io import StringIO

from majlis.census import District, Place, Places, Plan, coarsen, lorenz_picture

_WIDE = 1000
_MARGIN = 20
_HXL = {
    "id": "#loc+code",
    "name": "#loc+name",
    "group": "#adm1+name",
    "population": "#population",
    "district": "#loc+district+code",
    "district_name": "#loc+district+name",
    "district_population": "#population+district",
    "district_seats": "#indicator+seats+num",
}


def hxl_table(plan: Plan, places: Places) -> str:
    """A row for each place with its whole district; the second row holds the tags of hxlstandard.org."""
    of = {p: d for d in plan.districts for p in d.places}
    people: dict[str, int] = {}
    seats: dict[str, int] = {}
    for d in plan.districts:
        people[d.whole] = people.get(d.whole, 0) + d.inhabitants
        seats[d.whole] = seats.get(d.whole, 0) + d.seats
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HXL)
    writer.writerow(_HXL.values())
    for place in places.rows:
        own = [place.id, place.name, place.group, place.population or ""]
        home = of.get(place.id)
        theirs = [home.whole, home.name, people[home.whole], seats[home.whole]] if home else [""] * 4
        writer.writerow([*own, *theirs])
    return out.getvalue()


def map_picture(plan: Plan, places: Places) -> str:
    """The places, coarsened, as discs of their people in the colour of their district, with the links between them."""
    spots = {p.id: (p, coarsen(lat=p.lat, lon=p.lon)) for p in places.rows if p.lat is not None and p.lon is not None}
    found: list[str] = []
    if not spots:
        return _svg(1, found)
    south, north = min(s.lat for _, s in spots.values()), max(s.lat for _, s in spots.values())
    west, east = min(s.lon for _, s in spots.values()), max(s.lon for _, s in spots.values())
    scale = (_WIDE - 2 * _MARGIN) / max(east - west, 1)
    upright = 1.2  # A degree of latitude beside one of longitude in these lands.
    most = max(p.population for p, _ in spots.values()) or 1

    def at(id_: str) -> tuple[float, float]:
        spot = spots[id_][1]
        return round(_MARGIN + (spot.lon - west) * scale, 1), round(_MARGIN + (north - spot.lat) * scale * upright, 1)

    height = round(2 * _MARGIN + (north - south) * scale * upright)
    drawn: set[str] = set()
    for n, d in enumerate(plan.districts):
        if d.ward not in {None, 1}:
            continue
        colour = f"hsl({n * 137 % 360} 55% {35 + n * 7 % 30}%)"
        lines = [(at(a), at(b)) for a, b in d.links if a in spots and b in spots]
        path = "".join(f"M{ax} {ay}L{bx} {by}" for (ax, ay), (bx, by) in lines)
        if path:
            found.append(f'<path d="{path}" stroke="{colour}" stroke-width="2" fill="none"/>')
        found += [_disc(spots[p][0], at(p), most, colour, d.name) for p in d.places if p in spots]
        drawn.update(d.places)
    found += [_disc(place, at(id_), most, "none", "") for id_, (place, _) in spots.items() if id_ not in drawn]
    return _svg(height, found)


def map_points(plan: Plan, places: Places) -> dict[str, object]:
    """GeoJSON: a point for each place, to a hundredth of a degree, with its whole district; none where unknown."""
    wards: dict[str, list[District]] = defaultdict(list)
    for d in plan.districts:
        for place_id in d.places:
            wards[place_id].append(d)
    features = []
    for place in places.rows:
        spot = None if place.lat is None or place.lon is None else coarsen(lat=place.lat, lon=place.lon)
        district: dict[str, object] = {"district": None, "districts": []}
        if mine := wards.get(place.id):
            district = {
                "district": mine[0].whole,
                "districts": [d.id for d in mine],
                "district_name": mine[0].name,
                "district_group": mine[0].group,
                "inhabitants": sum(d.inhabitants for d in mine),
                "seats": sum(d.seats for d in mine),
                "provisional": mine[0].provisional,
                "attached": place.id in mine[0].attached,
            }
        own = {"id": place.id, "name": place.name, "kind": place.kind, "group": place.group}
        features.append(
            {
                "type": "Feature",
                "geometry": spot and {"type": "Point", "coordinates": [spot.lon / 100, spot.lat / 100]},
                "properties": {**own, "population": place.population or None, **district},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _svg(height: int, inside: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {height}">'
    return "\n".join([head, *inside, "</svg>\n"])


def _disc(place: Place, at: tuple[float, float], most: int, colour: str, district: str) -> str:
    radius = round(3 + 22 * (place.population / most) ** 0.5, 1)
    said = _escaped(f"{place.name}: {place.population:,}" + (f" ({district})" if district else ""))
    look = f'fill="{colour}" fill-opacity=".75"' if colour != "none" else 'fill="none" stroke="#777"'
    return f'<circle cx="{at[0]}" cy="{at[1]}" r="{radius}" {look}><title>{said}</title></circle>'


def lorenz_file(plan: Plan) -> str:
    """The Lorenz curve of all districts, as a file by itself."""
    picture = lorenz_picture((d.inhabitants, d.seats) for d in plan.districts)
    return picture.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" color="#1c2624" ', 1) + "\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
