"""Sentences of news text: hand-written cases first, then what must hold for any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.text.sentences import split_sentences

# Each case is a paragraph as its sentences; joined by spaces, it must come apart again exactly there.
PARAGRAPHS = [
    ("plain full stops", ["The bridge reopened on Friday.", "Traffic was light.", "Nobody was hurt."]),
    ("question and exclamation", ["Who pays?", "Nobody knows!", "The treasurer left early."]),
    ("interrobang", ["The mayor did what?!", "She resigned."]),
    ("no final punctuation", ["The ferry sank.", "Divers searched until dark"]),
    ("senator's title", ["Sen. Ada Marsh voted no.", "Gov. Tom Ives signed it anyway."]),
    ("doctor, mister, professor", ["Dr. Lena Voss and Mr. Cole met Prof. Adeyemi.", "Mrs. Hart and Ms. Quill stayed away."]),
    ("police ranks", ["Supt. Mark Holloway said two men were held.", "Det. Insp. Jo Farr leads the case."]),
    ("military ranks", ["Lt. Col. Reyes and Maj. Gen. Stone flew in.", "Sgt. Pike drove."]),
    ("title before a name that opens sentences", ["Police spoke to Mr. He on Monday.", "He denied it."]),
    ("title in capitals", ["STATEMENT BY SEN. MARSH: no comment.", "She left."]),
    ("illness that looks like a title", ["She was told in May that she had MS.", "She kept working."]),
    ("saint in a place name", ["The lifeboat left St. Brannoc's at dawn.", "It came back to St. Ives."]),
    ("street at the end", ["The fire began on Main St.", "The cause is unknown."]),
    ("initial in a name", ["John F. Kennedy's letter was sold.", "George W. Oakes bought it."]),
    ("two initials", ["J.K. Rowan wrote the foreword.", "A. A. Milton drew the map."]),
    ("name begins with an initial", ["The prize went to a poet.", "E. Lockwood accepted it."]),
    ("initial before a common opener", ["The council chose Plan B.", "It costs less."]),
    ("plan B before a name", ["The board turned to Plan B.", "Lockwood objected."]),
    ("world war I", ["Her grandfather fought in World War I.", "Letters survive."]),
    ("ends in I", ["Nobody is sorrier than I.", "Marsh shrugged."]),
    ("vitamin", ["The pills held only vitamin D.", "Regulators fined the firm."]),
    ("U.S. inside", ["The U.S. Senate and the U.S. Navy disagree.", "Talks go on."]),
    ("U.S. at the end", ["The firm left the U.S.", "The president was told."]),
    ("U.S. at the end before officials", ["She was flown to the U.S.", "Officials gave no reason."]),
    ("U.K. and E.U.", ["U.K. Prime Minister Dale met E.U. Commissioner Roux.", "They spoke for an hour in the E.U.", "It was late."]),
    ("U.S. before a quotation", ["He will not return to the U.S.", '"Never," he said.']),
    ("D.C. before a mayor", ["Washington, D.C. Mayor Ann Lowe opened the fair.", "Crowds came."]),
    ("possessive and hyphenated U.S.", ["A U.S.-based group and the U.S.'s allies signed.", "Non-U.S. firms did not."]),
    ("clock before a weekday", ["The vote is at 5 p.m. Friday in the hall.", "Doors open at 4 p.m. Sunday."]),
    ("clock at the end", ["The vote is at 5 p.m.", "The council will stream it."]),
    ("clock before a name", ["Fire crews left at 3 a.m.", "Holloway praised them."]),
    ("clock before a date", ["It struck at 6 a.m. Jan. 4 near the coast.", "It struck again at 9 p.m. March 2."]),
    ("clock before a zone", ["Polls close at 8 p.m. EST and 7 p.m. Central.", "Results follow."]),
    ("clock before a bracket", ["The quake hit at 2 p.m. (1300 GMT).", "It lasted a minute."]),
    ("clock before a city's time", ["The call began at 9 a.m. Moscow time.", "It was short."]),
    ("months shortened", ["He was born on Sept. 9 and died on Feb. 28.", "She arrived in Oct. 1988."]),
    ("weekday shortened", ["The shop closes Sat. 4 May for good.", "Stock is sold off."]),
    ("number four", ["No. 4 seed Ilse Brandt beat No. 11 Ruiz.", "Nos. 5 and 6 lost."]),
    ("no as an answer", ["Did the minister know?", "No.", "Did she ask?", "No.", "She did not."]),
    ("versus", ["The case is Oakes vs. Marsh County.", "It follows Reed v. Lowe."]),
    ("companies", ["Northgate Corp. Chief Executive Dan Wu left.", "Acme Inc. Chairwoman Bo Li stayed."]),
    ("company at the end", ["The plant was sold to Northgate Inc.", "The price was not given."]),
    ("company before shares", ["It sued Acme Co. and Northgate Ltd.", "Shares fell 4%."]),
    ("state after a town", ["He lives in Salem, Mass., and works in Fresno, Calif., most weeks.", "She does not."]),
    ("state at the end", ["The family moved to Dayton, Ohio, then to Macon, Ga.", "Neighbours were sad."]),
    ("state before its governor", ["Mass. Gov. Ellen Foy signed it.", "Calif. Rep. Sol Diaz did not."]),
    ("party and state", ["Sen. Ada Marsh, I-Vt., and Rep. Roy Tate, R-Ky., agreed.", "Rep. Sue Park (D-N.Y.) did not."]),
    ("party and state at the end", ["It was backed by Rep. Sue Park (D-N.Y.).", "Marsh abstained."]),
    ("doctorate", ["Lena Voss, Ph.D., runs the lab.", "She earned her Ph.D. in Leiden.", "He has no Ph.D.", "It shows."]),
    ("etc. and e.g.", ["Bring tents, ropes, etc. to the hall, e.g. on Monday, i.e. today.", "Food is free."]),
    ("junior inside and at the end", ["Cal Reed Jr. Boulevard is closed.", "It honours Cal Reed Jr.", "He died in 1990."]),
    ("decimals and versions", ["Growth was 3.5 percent, up from 2.75.", "Version 4.0.1 fixed it."]),
    ("sums of money", ["The roof cost $1.2 million.", "£3.4bn was set aside.", "$5 is the entry fee.", "€20m went missing."]),
    ("begins with a digit", ["The hall was full.", "12 people fainted.", "3M sent masks."]),
    ("ends in a year", ["The mine closed in 1984.", "It reopened in 2021.", "Few returned."]),
    ("lower-case brand begins", ["Sales fell in May.", "iPhone users noticed.", "eBay did not."]),
    ("lower-case particle begins", ["The commission voted.", "von der Laan abstained."]),
    ("ellipsis then a capital", ["We waited…", "Nothing came.", "Then ...", "The siren went."]),
    ("ellipsis goes on", ["We … we did not know.", "It was... strange.", '"I ... I ran," she said.']),
    ("spaced ellipsis", ["The memo says the cuts . . . will hurt.", "It ends there . . .", "Nobody signed it."]),
    ("quotation then a sentence", ['"We won."', "She left."]),
    ("question in quotes, he asked", ['"Is it over?" he asked.', '"Stop!" the driver shouted.']),
    ("question in quotes, name asked", ['"Who did this?" Ms. Marsh asked.', '"Why?" I said.', '"Enough!" Lowe replied.']),
    ("question in quotes, next sentence", ['"Who did this?"', "The judge waited for an answer."]),
    ("several sentences in quotes", ['"We lost.', "We cried.", 'We went home," Ruiz said.']),
    ("quotes back to back", ['"It is over."', '"It is not."', "They parted."]),
    ("curly quotes", ["“We won.”", "‘So they say.’", "She said: “Wait.”", "He didn’t."]),
    ("quote inside a quote", ["\"He told me, 'Go home.'\"", "She went."]),
    ("full stop after the quotation", ['The firm called it "a mistake".', "The union called it “theft”.", "Talks failed."]),
    ("bracketed sentence", ["The road is shut.", "(It floods each spring.)", "Drivers use the lane."]),
    ("brackets inside", ["The minister (who was ill.) stayed home.", "The deputy (see p. 4) spoke."]),
    ("web and mail addresses", ["See www.harbour.example/news?id=4 or write to desk@harbour.example.", "Replies take a week."]),
    ("domain at the end", ["The list is on example.com.", "The paper has it too.", "Ask worldnews@daily.example.", "Nobody answers."]),
    ("dateline", ["MOSCOW (AP) — The talks ended without a deal.", "Both sides left."]),
    ("dateline with a state", ["SALEM, Mass. (Reuters) - A fire closed the port.", "Crews came."]),
    ("dateline with St. in capitals", ["ST. LOUIS (AP) — The zoo reopened.", "Entry is free."]),
    ("dateline with D.C.", ["WASHINGTON, D.C. — The shutdown is over.", "Staff return today."]),
    ("name with an exclamation mark", ["Yahoo! Japan and Yahoo! shares rose.", "She loves Yahoo!", "The firm thanked her."]),
    ("exclamation inside a sentence", ["The musical Hello! and its sequel opened.", "Critics yawned."]),
    ("attribution after a dash", ['"We will rebuild." — Ann Lowe, mayor, on Tuesday.', "Work begins soon."]),
    ("bill and article numbers", ["Art. 5 and Sec. 12 apply, says Vol. 3, p. 40.", "Fig. 2 shows it."]),
    ("feet and pounds", ["He is 6 ft. 2 in. tall and weighs 190 lb. 8 oz. dry.", "She is taller."]),
    ("semicolon and colon", ["The plan is simple: wait; then act.", "It may fail."]),
    ("et al.", ["The method is from Voss et al.", "Critics doubt it."]),
    ("single word answers", ["Will it rain?", "Yes.", "Soon?", "Maybe."]),
    ("trailing closing bracket and quote", ['The note read (in full): "Gone fishing.")', "It was signed."]),
    ("footnote mark", ["The dam holds.[3]", "Engineers agree.[12]", "Some do not."]),
    ("bold text", ["**Rents rose.**", "*Wages fell.*", "Few moved."]),
    ("en dash range of months", ["It ran Jan.–Feb. 2020 in most towns.", "It was cold."]),
    ("accented capital", ["The vote is lost.", "Élodie Roux left.", "Ángel Ruiz stayed."]),
    ("saint's day at clock", ["It opens at 10 a.m. Christmas Day.", "It shuts at 4 p.m. New Year's Eve."]),
]

# Texts with line ends, and their sentences.
LAYOUTS = [
    ("blank line without punctuation", "Harbour to close\n\nThe harbour will close.", ["Harbour to close", "The harbour will close."]),
    ("blank line with spaces", "One side agreed\n \t\n\nthe other did not", ["One side agreed", "the other did not"]),
    ("blank line after an abbreviation", "Written by Cal Reed Jr.\n\nSalem", ["Written by Cal Reed Jr.", "Salem"]),
    ("carriage returns", "Rents rose.\r\nWages fell.\r\n\r\nEnd", ["Rents rose.", "Wages fell.", "End"]),
    (
        "hard-wrapped",
        "The council voted on Monday night to shut the old harbour, which the\n"
        "Marsh family has run since 1902. Fishermen, some of them in tears, left\n"
        "the hall. A decision on Dr.\nVoss is due.",
        [
            "The council voted on Monday night to shut the old harbour, which the\nMarsh family has run since 1902.",
            "Fishermen, some of them in tears, left\nthe hall.",
            "A decision on Dr.\nVoss is due.",
        ],
    ),
    (
        "hard-wrapped before a capital",
        "A spokesman for the port said that the closure had been agreed with\n"
        "Northgate Corp. and would be reviewed by the harbour board in spring.\n"
        "Ships will be sent north until then, he said.",
        [
            "A spokesman for the port said that the closure had been agreed with\n"
            "Northgate Corp. and would be reviewed by the harbour board in spring.",
            "Ships will be sent north until then, he said.",
        ],
    ),
    (
        "paragraph a line",
        "The harbour will close in spring\nMarsh protested. She was alone that night.\nThe vote was 7-2.",
        ["The harbour will close in spring", "Marsh protested.", "She was alone that night.", "The vote was 7-2."],
    ),
    ("heading on its own line", "Budget vote\nThe council met for nine hours.", ["Budget vote", "The council met for nine hours."]),
    ("byline", "By Ann Lowe\nMarch 3, 2024\nThe port is shut.", ["By Ann Lowe", "March 3, 2024", "The port is shut."]),
    ("Markdown heading", "# Harbour\nthe port is shut.", ["# Harbour", "the port is shut."]),
    (
        "bullets",
        "What we know:\n- rents rose in May\n- wages fell\n• Nobody moved.",
        ["What we know:", "- rents rose in May", "- wages fell", "• Nobody moved."],
    ),
    ("numbered list", "Steps:\n1. Close the port.\n2. Wait\n10. Open it.", ["Steps:", "1. Close the port.", "2. Wait", "10. Open it."]),
    ("ragged line before a name", "The minister met President\nOduya in Lagos.", ["The minister met President\nOduya in Lagos."]),
    ("rule between parts", "Rents rose\n***\nWages fell", ["Rents rose", "***", "Wages fell"]),
    ("lost space", "The bridge reopened on Friday.The cause is unknown.", ["The bridge reopened on Friday.", "The cause is unknown."]),
    ("closing quote after a space", '"We won . " She left.', ['"We won . "', "She left."]),
    ("no-break space", "He owes 5 p.m.\u00a0Friday. She\u00a0left.", ["He owes 5 p.m.\u00a0Friday.", "She\u00a0left."]),
    ("outer white space", "\n\n  Rents rose.  \n Wages fell. \n", ["Rents rose.", "Wages fell."]),
    ("empty", "", []),
    ("white space alone", " \n\t\n ", []),
    ("punctuation alone", " ... ", ["..."]),
]


def _pieces(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


@pytest.mark.parametrize("sentences", [pytest.param(sentences, id=name) for name, sentences in PARAGRAPHS])
def test_paragraph(sentences: list[str]) -> None:
    assert _pieces(" ".join(sentences)) == sentences


@pytest.mark.parametrize(("text", "sentences"), [pytest.param(text, sentences, id=name) for name, text, sentences in LAYOUTS])
def test_layout(text: str, sentences: list[str]) -> None:
    assert _pieces(text) == sentences


def test_blank_lines_end_every_sentence() -> None:
    paragraphs = [" ".join(sentences) for _, sentences in PARAGRAPHS]
    assert _pieces("\n\n".join(paragraphs)) == [sentence for _, sentences in PARAGRAPHS for sentence in sentences]


# The pieces of a news page, so that the rules are met far more often than in arbitrary text.
_MARKS = 'Mr. U.S. p.m. No. 4 The she Marsh I B. ... … . ? ! " ” “ ( ) — - * # 1. said Mass. , é 世 🎉 e\u0301'.split()
_SPACES = [" ", "  ", "\n", "\n\n", "\t", "\u00a0", "\u2028", "\r\n", "\x0c"]
_FRAGMENTS = st.lists(st.sampled_from(_MARKS) | st.sampled_from(_SPACES), max_size=60).map("".join)


@given(st.text() | _FRAGMENTS)
@example("a" * 70 + ". B")
def test_every_character_lies_in_exactly_one_sentence(text: str) -> None:
    spans = split_sentences(text)
    at = 0
    for span in spans:
        assert at <= span.start < span.end <= len(text)
        assert not text[at : span.start].strip()
        sentence = text[span.start : span.end]
        assert sentence == sentence.strip()
        at = span.end
    assert not text[at:].strip()


@given(_FRAGMENTS)
def test_no_sentence_crosses_a_blank_line(text: str) -> None:
    for piece in _pieces(text):
        assert all(line.strip() for line in piece.split("\n"))


@pytest.mark.parametrize("unit", [".", "? ", ".\t", '."', "a. ", "A. b ", "\n", " ", "a\n", ". . ", "Mr. ", "x.A ", '" '], ids=repr)
def test_odd_text_takes_linear_time(unit: str) -> None:
    """Half a million characters took 0.6 s in the slowest case on one core; quadratic time would take many minutes."""
    began = time.perf_counter()
    split_sentences("a" + unit * (500_000 // len(unit)) + "b")
    assert time.perf_counter() - began < 30
