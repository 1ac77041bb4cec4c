"""What the editor of segments sends, as a browser would."""

ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


def posted(*rules, name="Bakers", match="all", **extra):
    """What the editor's form sends for (type, value) rules."""
    return {"name": name, "match": match, **_stream("rules", rules), **extra}


def _stream(prefix, rules):
    data = {f"{prefix}-count": len(rules)}
    for number, (kind, value) in enumerate(rules):
        start = f"{prefix}-{number}"
        data |= {f"{start}-deleted": "", f"{start}-order": number, f"{start}-type": kind}
        data |= {f"{start}-id": "", **_struct(f"{start}-value", value)}
    return data


def _struct(prefix, value):
    data = {}
    for name, child in value.items():
        place = f"{prefix}-{name}"
        if name == "rules":
            data |= _stream(place, [(each["type"], each["value"]) for each in child])
        elif name in ("pages", "properties"):
            data[f"{place}-count"] = len(child)
            for number, page in enumerate(child):
                data |= {
                    f"{place}-{number}-deleted": "",
                    f"{place}-{number}-order": number,
                    f"{place}-{number}-value": page,
                    f"{place}-{number}-id": "",
                }
        elif child is True:
            data[place] = "on"
        elif child is not None and child is not False:
            data[place] = child
    return data
