"""The IPTC digital source type of what is delivered, written into the files as XMP.

A talking photo is a photo brought to life by a model: `compositeWithTrainedAlgorithmicMedia` of the NewsCodes. In MP4
the packet stands in a box of its own at the end, so nothing that a player reads first moves; in JPEG it is a segment
behind the first marker, in PNG a text behind the header. WebP has no room for it that old readers would pass over. The
same file gives the same bytes.
"""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from uuid import UUID

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

_XMP_BOX = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
_JPEG_START = b"\xff\xd8"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = 33
"""The signature and the header's chunk."""
_PNG_NAME = b"iTXtXML:com.adobe.xmp\0\0\0\0\0"
_JPEG_NAME = b"http://ns.adobe.com/xap/1.0/\0"
_STATED = re.compile(rb'Iptc4xmpExt:DigitalSourceType="([^"]{1,200})"')
_LONGEST = 65_536
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    f'Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
).encode()


def mark_video(path: Path) -> None:
    """Append the packet to an MP4. Other containers and files that have it stay as they are."""
    if path.suffix != ".mp4" or stated_in(path) is not None:
        return
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", 24 + len(_PACKET), b"uuid") + _XMP_BOX + _PACKET)


def mark_picture(path: Path) -> None:
    """Put the packet into a JPEG or PNG. Other pictures and files that have it stay as they are."""
    data = path.read_bytes()
    if stated_in(path) is not None:
        return
    if data.startswith(_JPEG_START):
        segment = _JPEG_NAME + _PACKET
        path.write_bytes(data[:2] + struct.pack(">HH", 0xFFE1, 2 + len(segment)) + segment + data[2:])
    elif data.startswith(_PNG_START):
        chunk = _PNG_NAME + _PACKET
        text = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        path.write_bytes(data[:_PNG_HEADER] + text + data[_PNG_HEADER:])


def stated_in(path: Path) -> str | None:
    """The source type that a file states where we write it; None where it states none."""
    with path.open("rb") as file:
        head = file.read(_LONGEST)
        file.seek(max(0, path.stat().st_size - _LONGEST))
        tail = file.read()
    found = _STATED.search(head if head.startswith((_JPEG_START, _PNG_START)) else tail)
    return None if found is None else found[1].decode("ascii", "replace")
