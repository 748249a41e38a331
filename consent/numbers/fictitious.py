"""Numbers that regulators keep for films, books and examples: valid by their pattern, and nobody's.

Sources: NANPA (555-0100 to 555-0199; of the toll-free codes only 800-555-0199), Ofcom (numbers for TV and
radio drama), ACMA (numbers for TV shows, films and creative works), ARCEP (ranges for audiovisual works),
Bundesnetzagentur (notice 148/2021), PTS (numbers for books and films).
"""

import re

_NORTH_AMERICA = r"1(?!8(?:00|33|44|55|66|77|88)|900)\d{3}55501\d\d|18005550199"
_BRITAIN = (
    r"44(?:(?:11[3-8]|121|1[3-6]1)4960|2079460|1914980|28(?:96496|90180)|2920180|1632960|7700900"
    r"|8081570|9098790|3069990)\d{3}"
)
_AUSTRALIA = (
    r"61(?:[2378](?:5550|7010)\d{4}|1800160401|1[38]00975(?:70[7-9]|71[01])|1900654321"
    r"|49157(?:0(?:006|110|15[6-9]|313|737)|1(?:266|491|804)|2(?:549|665|983)|3(?:087|770)|4(?:118|632)"
    r"|5(?:254|789)|6(?:398|801)|7(?:426|644)|8(?:148|888|957)|9(?:212|455|760)))"
)
_FRANCE = r"33(?:19900|26191|35301|46571|53649|63998)\d{4}"
_GERMANY = (
    r"49(?:(?:3023125|6990009|4066969|2214710|8999998)\d{3}|17139200\d\d"
    r"|152(?:28817386|28895456|54599371)|172(?:9925904|9968532|997318[56]|9980752)|174(?:9091317|9464308)"
    r"|176040690\d\d)"
)
_SWEDEN = r"46(?:3139006\d\d|4062804\d\d|8465004\d\d|9803192\d\d|7017406(?:0[5-9]|[1-9]\d))"

RESERVED = {
    "1": re.compile(rf"\+(?:{_NORTH_AMERICA})"),
    "33": re.compile(rf"\+{_FRANCE}"),
    "44": re.compile(rf"\+{_BRITAIN}"),
    "46": re.compile(rf"\+{_SWEDEN}"),
    "49": re.compile(rf"\+{_GERMANY}"),
    "61": re.compile(rf"\+{_AUSTRALIA}"),
}


def is_fictitious(e164: str, calling_code: str) -> bool:
    """Is this number, of this calling code, one that is kept for fiction?"""
    reserved = RESERVED.get(calling_code)
    return reserved is not None and reserved.fullmatch(e164) is not None
