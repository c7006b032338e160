"""What a PDF says of itself: the same for the same content, and nothing of who made it when."""

from __future__ import annotations

from qingliu.layers.printing.files import settle_pdf

# As Qt 5.15 and 6 write it, here with a time zone.
XMP = """<rdf:RDF>
 <dc:creator>
  <rdf:Seq>
   <rdf:li>{user}</rdf:li>
  </rdf:Seq>
 </dc:creator>
 <rdf:Description rdf:about="" xmp:CreatorTool="QGIS" xmp:CreateDate="{time}" xmp:ModifyDate="{time}" xmp:MetadataDate="{time}"/>
 <rdf:Description rdf:about="" xmpMM:DocumentID="uuid:{id}" xmpMM:VersionID="1"/>
</rdf:RDF>"""  # noqa: E501


def pdf(user, time, number, info):
    body = XMP.format(user=user, time=time, id=number)
    return f"%PDF-1.4\n/CreationDate (D:{info})\n{body}\nstream 123\n%%EOF".encode()


def test_two_prints_by_two_people_at_two_times_become_equal_without_changing_length(tmp_path):
    one, two = tmp_path / "one.pdf", tmp_path / "two.pdf"
    one.write_bytes(
        pdf(
            "wang",
            "2026-11-21T18:19:20+08:00",
            "9ae77e2a-9d5b-4efe-81de-f85dca57744a",
            "20261121181920+08'00'",
        )
    )
    two.write_bytes(
        pdf(
            "zhou",
            "2025-01-02T03:04:05+08:00",
            "00007e2a-9d5b-4efe-81de-f85dca570000",
            "20250102030405+08'00'",
        )
    )
    size = one.stat().st_size
    for path in (one, two):
        settle_pdf(path)
    assert one.read_bytes() == two.read_bytes()
    assert one.stat().st_size == size
    text = one.read_text()
    assert "wang" not in text and "2026" not in text
    assert 'xmp:CreateDate="2000-01-01T00:00:00+00:00"' in text
    assert "/CreationDate (D:20000101000000+08'00')" in text
    assert text.endswith("stream 123\n%%EOF")


def test_the_date_can_be_that_of_the_survey(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf("x", "2026-11-21T18:19:20Z", "ab", "20261121181920Z"))
    settle_pdf(path, "20250930")
    assert "D:20250930000000Z" in path.read_text() and "2025-09-30T00:00:00Z" in path.read_text()
