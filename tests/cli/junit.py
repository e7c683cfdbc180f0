# SPDX-License-Identifier: BSD-2-Clause
"""What a parser of XML makes of a JUnit report: a line a case."""
import sys
import xml.etree.ElementTree as tree

for suite in tree.parse(sys.argv[1]).getroot():
    cases = suite.findall("testcase")
    failed = [case for case in cases if case.find("failure") is not None]
    print(suite.tag, suite.attrib)
    assert int(suite.get("tests")) == len(cases)
    assert int(suite.get("failures")) == len(failed)
    for case in cases:
        print(case.attrib)
        for failure in case:
            print("   ", failure.tag, failure.attrib)
            print("   ", repr(failure.text))
