"""The finite forms of English verbs that news is told with, by tables; a verb that is not here is no verb to the rules of drafting."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Base and past.
_IRREGULAR = """
become became|begin began|blow blew|break broke|bring brought|build built|burn burned|buy bought|catch caught|choose chose|come came|cost cost|cut cut|draw drew
|drive drove|eat ate|fall fell|feel felt|fight fought|find found|fly flew|forbid forbade|get got|give gave|go went|grow grew|hear heard|hide hid|hit hit|hurt hurt|hold held|keep kept
|know knew|lay laid|lead led|leave left|lend lent|lie lay|lose lost|make made|meet met|pay paid|put put|read read|ride rode|ring rang|rise rose|run ran|say said|see saw|sell sold
|send sent|set set|shake shook|shoot shot|show showed|shut shut|sing sang|sink sank|sit sat|sleep slept|speak spoke|spend spent|split split|spread spread|stand stood|steal stole
|stick stuck|strike struck|swim swam|take took|teach taught|tear tore|tell told|think thought|throw threw|understand understood|wake woke|wear wore|win won|withdraw withdrew|write wrote
|broadcast broadcast|burst burst|flee fled|foresee foresaw|forecast forecast|freeze froze|oversee oversaw|rebuild rebuilt|repay repaid|sweep swept|undergo underwent
|undertake undertook|uphold upheld|rob robbed|scan scanned|scrap scrapped|skip skipped|slam slammed|spot spotted|stab stabbed|strip stripped|swap swapped|top topped|star starred|prefer preferred
|stop stopped|plan planned|drop dropped|admit admitted|permit permitted|refer referred|occur occurred|transfer transferred|cancel cancelled|travel travelled|label labelled|ban banned
|chat chatted|grab grabbed|shed shed|slip slipped|step stepped|trap trapped|commit committed|submit submitted|equip equipped|sign signed
"""
_REGULAR = """
abandon abolish absorb abuse accelerate accept accompany account accumulate accuse achieve acknowledge acquire act adapt add adjust administer admire adopt advance
advise affect agree aim allege allocate allow amend analyse announce apologise apologize appeal appear apply appoint appreciate approve argue arrange arrest arrive
ask assassinate assault assemble assess assign assist assume assure attach attack attain attempt attend attract attribute author authorise authorize await award back
bar base believe belong bill blame bomb book boost borrow boycott breach call capture carry cause cease celebrate certify chair challenge change charge chase check
cite claim clean clear close collapse collect combine comment commission compare compensate compete compile complain complete compose comprise conceal concede
conclude condemn conduct confirm congratulate connect consider constitute construct consult consume contain contest continue contract contribute convene convert
convict cooperate coordinate count cover crash create criticise criticize cross crown damage date debate decide declare decline dedicate deem defeat defend degrade
delay deliberate deliver demand demolish deny depart deploy derail describe deserve design designate destroy detain detect determine develop devise devote diagnose
die direct disappear disclose discontinue discover discuss dismiss dispatch display dispute disrupt distribute divide dominate donate double draft dress drift dump
earmark earn edit educate elect embrace emerge emphasise emphasize employ empty enable encounter encourage end endorse enforce engage enjoy enlist ensure entail enter
equal erupt escape establish estimate evacuate evolve examine exceed exchange exclude execute exercise exhibit exist expand expect experience expire explain explode
exploit explore export expose express extend extract extradite face facilitate fail fake favor favour fear feature fetch figure file fill finance fine finish fire
float flood focus follow force form forward found free fund gain gather generate govern graduate grant greet guarantee guard guide halt hand handle happen head heat
help highlight hire honour hope host house hunt identify ignore illustrate implement imply import impose imprison improve inaugurate increase indicate induct inflict
influence inform inherit initiate injure inquire insist inspect inspire install instruct insure integrate intend interview introduce invade invent invest invite
involve isolate issue join judge jump kill knock lack land last launch launder lease legalise liberate license lift limit link list live load lobby locate lock look
loot lower maintain manage manufacture map march mark marry match measure mention merge migrate mine monitor move murder name need negotiate nominate normalise note
notice notify object observe obtain occupy offer open operate oppose order organise organize originate oust outline outnumber overlook overturn own pack paint park
participate pass patrol perform persuade phone pick pilot pioneer place play plead pledge point poll post postpone pour practise praise predict prepare present press
presume prevent print privatise probe proceed process produce progress prohibit project promise promote prompt propose prosecute protect protest prove provide publish
pull pump punish purchase pursue push qualify question quote race raise rally rank rate reach react recall receive recite reckon recognise recognize recommend
reconsider record recover recruit reduce refund refuse regain register regret regulate reiterate reject relate relax release relocate rely remain remark remember
remind remodel remove renew renovate rent repair repeal repeat replace reply report represent request require reschedule rescue reserve reshape reside resign resist
resolve respond restore restrict result resume retain retire retract return reunite reveal reverse review revise revive reward roll rule rush sack sacrifice sail
salvage sanction satisfy save scale schedule score screen sculpt seal search seat secure seize select sentence separate serve service settle share shelter shift ship
shout signal slash smash smuggle solve sound spare spark specify sponsor staff stage start state stay steer store storm strengthen stress stretch structure struggle
study succeed sue suffer suggest summon supervise supply support suppose surge surpass surprise surrender surround survey survive suspect suspend switch symbolise
tackle tape target taste tax televise tend terminate test testify thank threaten tie topple toss total touch tour tow track trade train transform translate transmit
transport treat trigger triple try tumble turn undermine unfold unite unveil update urge use utilise vaccinate value vandalise vanish ventilate veto view violate
visit voice volunteer vote vow wait walk wane want warn warrant wash waste watch weaken weigh welcome witness wonder work worry worsen wound wreck yield
"""
INVARIANT = frozenset("broadcast burst forecast cost cut hit hurt put read set shed shut split spread".split())
AUXILIARIES = frozenset("is are was were will would has have had can could may might must should shall".split())
# After these an -ed or -s form is a noun or an adjective.
NO_VERB_AFTER = frozenset("a an the his her its their our no this these some any each every of in on at by for with from to and or".split())


def _past(base: str) -> str:
    if base.endswith("e"):
        return f"{base}d"
    return f"{base[:-1]}ied" if re.search(r"[^aeiou]y$", base) else f"{base}ed"


def _third(base: str) -> str:
    if re.search(r"(?:s|x|ch|sh|o)$", base):
        return f"{base}es"
    return f"{base[:-1]}ies" if re.search(r"[^aeiou]y$", base) else f"{base}s"


PAST = dict(pair.split() for pair in _IRREGULAR.replace("\n", "").split("|")) | {base: _past(base) for base in _REGULAR.split()}
PARTICIPLES = frozenset("been gone done begun run come become sung sunk swum torn worn".split()) | frozenset(PAST.values())
# What a finite form is asked with: "cost" with "did … cost".
ASKED_WITH = {_third(base): ("does", base) for base in PAST} | {past: ("did", base) for base, past in PAST.items()}


def finite(words: Sequence[str]) -> list[int]:
    """Where finite verbs may stand, the first word left out."""
    return [
        at
        for at, word in enumerate(words)
        if at
        and (
            word in AUXILIARIES
            or ((word in ASKED_WITH or re.fullmatch(r"[a-z]{3,}ed", word)) and words[at - 1].lower() not in NO_VERB_AFTER)
        )
    ]
