"""Writes invented news articles that resemble the sample corpus and answer none of its prompts.

    python benchmarks/distractors.py N --out FOLDER [--seed 7]

The stories have the corpus's subjects, in other towns, with other people, outlets and figures. They keep off what a
prompt asks without naming anybody or any place ("what was the vote on the council budget?"): see ``_KEPT_OFF``.
It prints how alike two stories of one type are, and stops when a name of the corpus occurs.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import string
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rag.settings import CHECKOUT

CORPUS = CHECKOUT / "corpus"
_WORDS = (120, 300)
# One file of more articles could pass the 20 MB that `max_file_mb` allows.
_ARTICLES_A_FILE = 8000
_PAIRS = 2000
_MOST_ALIKE = 0.5

_FIRST_NAMES = """
Adela Agnieszka Aled Alma Amara Anouk Arvid Astrid Basil Beatrix Bjarne Caspian Cato Chidi Corentin Cosima Damaris Delphine
Eamon Edda Efua Elspeth Emeka Enzo Esi Fabian Farida Fiorella Florian Freya Gideon Gwendolen Halim Hana Hedda Hollis Ignatius Imke
Ingrid Isolde Ivo Jarek Joaquín Jolanta Kalinda Kenji Kerstin Lachlan Laszlo Leonie Lucinda Maeve Magnus Malika Marcel Maren Milo Mirela
Nadia Nils Octavia Odile Olwen Oona Orla Otto Paloma Pascal Petra Phineas Quentin Radek Rasmus Renata Rhiannon Rosalind Samira Sander Saskia
Seamus Selma Sigrid Silvan Sunniva Tabitha Tamsin Teodor Tilda Tobias Ulrike Ursula Valentin Vesna Viggo Wilfred Yara Zelda Zora
"""
_LAST_NAMES = """
Abernethy Adeleke Ainsworth Albescu Amberley Anquetil Arkwright Asante Ashdown Baldursson Balewa Barraclough Bexley Bielski Blackwood Boateng
Brannock Brightwell Cardew Chaudhry Chukwu Corrigan Cranmer Dacre Danjuma Darrow Delaney Dragan Drummond Ebersole Egerton Ekwueme
Fairclough Falconer Fennimore Fitzalan Folarin Garrick Gillespie Goswami Greaves Grimaldi Hadley Hallworth Haverstock Heatherington
Holmqvist Ibarra Iversen Jankowski Jephcott Kaminski Kessler Kilbride Kowalczyk Lacroix Langford Larkspur Leclair Lowther Lundqvist Macready
Merriweather Mikkelsen Montague Mountjoy Nakamura Nilsen Norrington Oakshott Obuya Ormsby Osterberg Paget Pettigrew Pilbeam
Quartermain Quigley Radcliffe Rasmussen Ravenscroft Rosselli Rutherford Sandoval Satterfield Selwyn Shackleton Soyinka Stavros Strickland Sugden
Tamura Thackeray Thorburn Tillotson Tolentino Umarov Urquhart Valcourt Verstraete Wainwright Winslow Yamada Yardley Zeller
"""
_TOWN_STARTS = """
Alder Amble Ash Barrow Beck Birch Black Bram Cald Carn Clay Clif Cold Copper Craw Dun East Elm Falk Farn Gorse Grim Hazel Heath Holt Ivy Kelm
Lang Lark Lind Long Maple Nether Oak Otter Pen Pike Raven Red Rush Sel Skel Stan Strat Swan Thorn Tolle Wake Win Wolver Yarrow
"""
_TOWN_ENDS = "bury borough by combe dale den field ford ham hurst leigh mouth minster pool sea shaw stead stoke ton wick worth"
_COUNTIES = (
    "Averland Dunshire Eastmark Fallowshire Glenmoor Hallamshire Kestevale Lothmere Oxmoor Pennshire Ravenshire Sollmark Tarnshire Westfold"
)
_RIVERS = (
    "Allern Brennet Cressing Dovel Esker Fleete Gadder Irwen Kenner Lodder Naddle Orrin Piddock Rothen Swallen Temmel Urel Wharrow Yart"
)
_DISTRICTS = """
Abbotsgate|Barley Walk|Bishopsfield|Canal Side|Castle Meads|Chapel End|Coldharbour|Eastcliff|Foundry Yard|Friarsgate|Glebe Park|Hermitage|
Kingsmead|Lower Docks|Market Cross|Millbank|Newlands|Parkstone|Primrose Bank|Queensway|Riverside|Southfields|Spring Grove|St. Aldhelm's|
Tollgate|Victoria Park|Vineyard Bank|Watergate|Westbourne|Whitefriars|Windmill Lane|Woolmarket
"""
_PAPERS = (
    "Advertiser Argus Chronicle Echo Examiner Gazette Herald Independent Mercury Messenger Observer Reporter Sentinel Star Times Tribune"
)
_CLUBS = "Albion Athletic Borough County Harriers Rangers Swifts Wanderers"
_FIRM_STARTS = "Albatross Elmgrove Bluestone Calder Copperfield Evergreen Greyfriars Hawthorn Ironbridge Kestrel Linden Meridian Oakhaven Redwood Silverline Summit"
_FIRM_ENDS = "Brothers|Holdings|Group|and Daughters|Partners|Works|Industries|and Company"
_SHIPS = "Arctic Tern|Bay Princess|Bold Venture|Fulmar|Golden Plover|Lady Rowena|Morning Star|Northern Light|Oystercatcher|Petrel|Queen Matilda|Razorbill|Silver Spray"
_SHOPS = "Corner Pantry|Daily Larder|Goodbarrel|Greenaisle|Hearthside|Maywell|Pennywise|Superfare|Thriftway|Underhill's"
_COUNTRIES = "Ardonia Belmora Caldonia Dravia Estravia Korvania Lurania Morvenia Palladia Sarovia Tessaria Ulvania Varsenia Zembria"
_CAPITALS = "Ardon Belgrath Corvin Dravograd Estrava Karsk Lurin Morvena Palanta Sarov Tessar Ulvik Varsk Zembra"

# A story: `## name`, headlines after `=`, then slots parted by blank lines, each with its variants after `-`.
# {kind:low-high} is drawn anew each time; {kind1:low-high} keeps its value through the article.
STORIES = """
## council-budget
= {town} council agrees {mil1:60-390} spending plan
= Library hours cut as {town} settles its budget
= {town} raises property tax to fill gap of {mil2:2-19}
- {town}'s councillors approved a spending plan of {mil1:60-390} on {yesterday} night, after a meeting that was adjourned twice.
- A budget of {mil1:60-390} for {town} was adopted on {yesterday} by a show of hands that nobody asked to have counted.
- It took {town} council until nearly midnight on {yesterday} to settle on a budget of {mil1:60-390} for the coming year.

- Households in {district1} and elsewhere will pay {pct:2-9} more in property tax, or about {money:24-140} a year.
- The tax on a typical house goes up by {money:24-140} a year, which the finance department calls modest.
- Property tax rises by {pct:2-9}, the steepest step since {year:1991-2018}.

- The biggest winner is street cleaning, with {mil:1-7} more. The swimming pool at {district2} will open three days a week instead of six.
- Parks lose {mil:1-4} and the branch library at {district2} will shut on Mondays and Thursdays.
- To close a gap of {mil2:2-19}, the council will sell the former fire station in {district2} and leave {int:11-90} posts unfilled.

- "There was no painless version of this on the table," said Mayor {mayor}. "I looked under the table as well."
- Mayor {mayor} told members that the town had "spent its rainy-day money on drizzle".
- "I would rather be blamed for a tax than for a pothole," Mayor {mayor} said.

- {person1}, who speaks for the opposition, predicted that the plan would be torn up by the autumn.
- The opposition under {person1} wanted to spare the pool and put off the new council chamber; its motion was rejected.
- {person1}, for the opposition, accused the mayor of hiding {mil:1-5} in a fund for consultants.

- The auditors have warned that pension payments will grow to {mil:3-14} by {year:2027-2033}.
- A report by the auditor, {person2}, had called the town's accounts sound but thin.
- Fees for parking in {district3} will be looked at again in {soon}.

## bridge
= {district1} Bridge in {town} to close for {int1:5-30} weeks
= Work on {river} crossing at {town} to cost {mil1:3-60}
= Cracks found in {town}'s {district1} Bridge
- The {district1} Bridge in {town} will shut to lorries and cars on {soon} so that its deck can be renewed, the county of {county} said on {today}.
- Drivers in {town} face a detour of {int:3-14} miles from {soon}, when the {district1} Bridge over the {river} closes for repairs.
- Engineers have found cracks in {int:2-19} hangers of the {district1} Bridge, which carries {int:5000-31000} vehicles a day into {town}.

- The work is put at {mil1:3-60} and should last {int1:5-30} weeks.
- {firm1} won the contract with a bid of {mil1:3-60}, {mil:1-3} below the next one.
- The county has set aside {mil1:3-60}, of which the state refunds {pct:25-70}.

- Built in {year:1898-1972} of riveted steel, the bridge was last painted in {year:1990-2015}.
- The arches, put up in {year:1898-1972}, were meant for trams and a tenth of today's load.
- Sensors fitted in {month} showed the deck moving by {int:11-60} millimetres in a gale.

- Pedestrians will be let through on the downstream side; cyclists are asked to dismount.
- A temporary footbridge of scaffolding will be put up at {district2}, at a cost of {money:90000-700000}.
- Buses 4 and {int:11-60} will turn back at {district2}, and a minibus will run to the station.

- "It is like changing the soles of your shoes while walking," said the county engineer, {person1}.
- "We can do this in good order now or in a panic later," county engineer {person1} told the meeting.
- {person1}, the county engineer, said that salt had eaten the drains "the way tea eats a biscuit tin".

- {person2}, who runs a bakery on the {district2} side, expects to lose a third of her customers.
- Shopkeepers' spokesman {person2} demanded signs that say the shops are open.
- The ambulance service will keep a second crew in {district3} for as long as the crossing is shut.

## ferry-adrift
= Ferry drifts for {int1:2-9} hours off {town}
= {ship1} towed into {town} after engine failure
= Passengers spend the night aboard the {ship1}
- The ferry {ship1} lost power off {town} on {yesterday} evening and drifted for {int1:2-9} hours before a tug reached her.
- {int2:40-480} people spent much of {yesterday} adrift outside {town} harbour when both engines of the {ship1} stopped.
- A tow rope ended a long night for the {int2:40-480} travellers on the {ship1}, which broke down within sight of {town}.

- The trouble began at {time:am}, a few minutes after she had left the pier at {near}.
- She had been on the {time:pm} sailing from {near}, the last of the day.
- According to the coastguard, the distress call came at {time:pm} and was very calm.

- A blocked fuel filter is thought to be the cause. Inspectors have sealed the engine room.
- The operator, {firm1}, blames a failed switchboard that had been replaced in {month}.
- Seaweed in the cooling intake stopped the first engine, and the second overheated, {firm1} said.

- "We sang everything we knew, and then we sang it again," said {person1}, a passenger from {far}.
- "My daughter was sick into my hat," said {person1}, who was travelling to a wedding in {near}.
- {person1}, a nurse on her way to work, looked after {int:3-19} people who felt unwell.

- Each traveller is to receive a voucher worth {money:15-95}.
- {firm1} offered free crossings until the end of {month} to those on board.
- Compensation will be settled case by case, said {person2}, who manages the line.

- It was the ship's {nth:3-9} breakdown in a year. The {ship2} is standing in.
- Built in {year:1979-2012}, the vessel was due to be sold in {year:2026-2029}.
- Sailings resume on {soon}, if the repair passes its test.

## ferry-fares
= Crossing to {near} gets dearer
= {firm1} wants {pct1:4-21} more for {town} ferry
= Ferry tickets at {town} to rise in spring
- A single crossing from {town} to {near} will cost {money1:4-19} from {soon}, {firm1} announced on {today}.
- Passengers on the {town} ferry must pay {pct1:4-21} more from {soon}.
- {firm1}, which runs the boats between {town} and {near}, is putting up its prices by {pct1:4-21}.

- Books of ten tickets stay at the old price until they run out.
- Children under {int:5-12} go on travelling free, and dogs will need a ticket for the first time.
- Residents of {county} keep their discount of {pct:10-40}, but must show a card.

- The company carried {int:120000-940000} people last year and lost {mil:1-5}.
- Wages and harbour dues have grown faster than ticket sales, said director {person1}.
- A new gangway at {near}, which cost {mil:1-6}, has to be paid for, director {person1} said.

- "Nobody takes a boat because it's cheap. They take it because there's water," said {person1}.
- "We held out for three winters," said {person1}. "The fourth one won."
- {person1} said that the alternative would have been to scrap the {time:pm} boat.

- The passengers' association, led by {person2}, has collected {int:900-8800} signatures against the plan.
- For {person2}, who commutes daily, it means another {money:120-640} a year.
- "It is a bus that floats, and should cost what a bus costs," said {person2} of the islanders' council.

- The county of {county} pays a subsidy of {mil:1-8} a year, which ends in {year:2026-2031}.
- {near}'s mayor wants the licence to be advertised anew.
- The {ship1}, the newest of the fleet, will sail on Sundays as well.

## flood
= {river} bursts its banks at {town}
= Clean-up begins in {town} as water falls
= {town} counts the cost after the {river} floods
- The {river} rose above its banks at {town} on {yesterday} and filled the cellars of {int1:30-900} houses in {district1}.
- Sandbags did not hold: by {time:am} on {yesterday} the {river} stood knee-deep in the streets of {district1} in {town}.
- People in {district1} began to sweep out the mud on {today}, a week after the {river} flooded the lower part of {town}.

- The gauge at {near} read {int:3-6}.{int:11-99} metres, a hand's breadth under the mark of {year:1912-1998}.
- In two days {int:60-190} millimetres of rain had fallen on the hills above {near}.
- Meltwater and a spring tide met at the lock, said {person1}, a hydrologist at the county of {county}.

- {int:20-390} people slept in the sports hall at {district2}, where the Red Cross gave out blankets.
- Rescuers in boats brought {int:5-70} residents of a nursing home in {district2} to safety.
- Schools in {district2} stay shut until Thursday, and the water from the tap has to be boiled.

- "I've been flooded three times. The sofa's on bricks for good," said {person2}, a retired driver.
- {person2}, who owns a bookshop, lost her stock up to the fourth shelf. "I now sell from the fifth," she said.
- "The river came in by the back door and left by the front," said {person2}, 6{int:1-9}.

- Mayor {mayor} promised each affected household {money:200-2000} in cash.
- The county will pay {mil:1-12} for a wall along {street}, work on which begins on {soon}.
- Mayor {mayor} blamed building on the water meadows, which the council had allowed in {year:1985-2012}.

- Trains between {town} and {far} run at half speed.
- Forecasters expect a dry week. The army is sending {int:40-260} soldiers to help.
- Anglers found {int:7-80} carp in the municipal car park and carried them back.

## hospital-unit
= {hospital} opens {mil1:5-80} stroke unit
= New children's ward for {town}
= {hospital} shows its cancer centre
- {hospital} in {town} has opened a unit for stroke patients with {int1:12-58} beds, paid for over six years.
- After {int:3-9} years of building, the children's ward of {hospital} in {town} takes in its first patients on {soon}.
- The new cancer centre at {hospital} will treat {int:400-2900} people a year from {town} and {near}, its director said on {today}.

- The building cost {mil1:5-80}; the health board of {county} bore most of it.
- It came in {mil:1-6} dearer than planned, at {mil1:5-80}, as steel went up.
- A lottery of the hospital's friends brought in {money:100000-900000} of the {mil1:5-80} that it cost.

- Its scanner weighs {int:5-19} tonnes and was lifted through the roof at night.
- Every room looks out on a courtyard with {int:3-30} apple trees.
- Porters' robots will bring the meals, at least on weekdays.

- "Time is brain, and we were losing it in the lift," said {person1}, the senior consultant.
- "You should not need a map to be ill," said {person1}, who planned the wards.
- {person1}, the medical director, called the old rooms "a corridor with ambitions".

- {int:5-40} nurses are still being sought, and flats are to be built for them in {district1}.
- Of {int:60-190} posts, {pct:70-95} are filled, the personnel office says.
- The emergency department stays in {district1} until {year:2026-2029}.

- Patients from {far} will no longer have to travel {int:30-140} miles for treatment.
- {person2}, whose son spent a year on the old ward, cut the ribbon.
- Parking costs {money:2-9} a day, to the anger of the visitors' committee and its head, {person2}.

## transport-strike
= No buses in {town} on {int1:2-5} days as drivers strike
= Teachers around {town} to strike over class sizes
= Ambulance crews at {town} refuse overtime
- Bus drivers in {town} will stop work for {int1:2-5} days from {soon}, their union said after talks failed on {yesterday}.
- Teachers at {int1:5-40} schools around {town} are to strike on {soon} over class sizes.
- Ambulance crews in {town} voted on {yesterday} to refuse overtime from {soon}.

- They ask for {pct:5-12} and a shorter week. The offer stands at {pct:1-4}.
- The dispute is about rosters, which leave {int:9-11} hours between a late turn and an early one.
- Pay has fallen by {pct:6-19} since {year:2010-2019} once prices are counted, the union reckons.

- "We're not the ones who broke the timetable," said the branch chair, {person1}.
- "They call us heroes and pay us in applause," said {person1}, who leads the branch.
- {person1}, the union's organiser, spoke of the best-attended meeting in {int:10-40} years.

- {person2}, who negotiates for the employers, said the demand would cost {mil:1-9} a year.
- The employers' side, under {person2}, called the vote disappointing and left a chair free at the table.
- "The cupboard has a floor, and we are standing on it," said {person2} for the management.

- About {int:4000-60000} people a day will have to find another way.
- An emergency timetable with {int:3-12} lines is to be published on Sunday.
- The town has asked shops to open later, so that their staff can walk.

- The last strike of the kind, in {year:1979-2013}, went on for {int:6-40} days.
- Students of the {university} have offered lifts to the elderly.
- Another round of talks is planned in {near}, on neutral ground.

## court-fraud
= Bookkeeper who robbed {town} rowing club is jailed
= {int1:2-9} years for director of {firm1}
= Former {town} official admits false invoices
- A bookkeeper who moved {money1:90000-900000} from the accounts of {firm1} in {town} into her own was jailed on {yesterday}.
- The former director of {firm1}, {person1}, must go to prison for {int1:2-9} years for selling shares in a mine that does not exist.
- {person1}, once in charge of {town}'s cemeteries, has admitted billing for {int:120-900} trees that were never planted.

- {person1}, {int:31-66}, had forged {int:40-400} receipts between {year:2014-2018} and {year:2020-2023}.
- The court heard that {person1} spent the money on horses, a hot tub and a course in accountancy.
- {person1} hid the gaps by paying old debts with new loans, prosecutor {person3} said.

- "Greed is too grand a word. This was appetite," said Judge {person2}.
- Judge {person2} spoke of a fraud "carried out with a ruler and a sharp pencil".
- In passing sentence Judge {person2} noted that pensioners had lost {pct:20-90} of their savings.

- A bank clerk in {near} grew suspicious when a cheque was dated 31 June.
- It came out when the accused was on holiday and a stand-in opened the post.
- An anonymous letter, written in green ink, put the police on the trail.

- Of the missing sum {money:10000-80000} has been found, in a freezer.
- A house in {district1} is to be auctioned to repay the victims.
- The defence, led by {person3}, has until {soon} to appeal.

- A brother-in-law was acquitted for want of evidence.
- The council now has every payment above {money:1000-9000} checked by an outside firm.
- {firm1} has closed, and its {int:12-90} employees are looking for work.

## court-tenants
= Tenants win case over heating at {district1}
= Court in {town} rules on cold flats
= Landlord must pay {int1:20-190} families in {town}
- A court in {town} has ordered the landlord of {int1:20-190} flats in {district1} to give back part of the rent for two cold winters.
- The {int1:20-190} families of a block in {district1} need not pay for a boiler that never worked, a judge in {town} decided on {yesterday}.
- {firm1} may not charge its tenants in {town} for repairs to the roof, the county court of {county} said on {yesterday}.

- Temperatures in the bedrooms had sunk to {int:6-14} degrees, a surveyor testified.
- Lifts stood still on {int:40-200} days; the judge called that "a staircase with decorations".
- Judge {person1} found that the company had answered {int:3-9} of {int:50-300} letters.

- "I slept in my coat until April," said {person2}, {int:40-85}, who brought the case.
- "We only wanted a radiator. Now we have a precedent," said {person2} outside the court.
- {person2}, a tenant since {year:1984-2015}, wept when the ruling was read.

- The owner must pay {money:30000-290000} within {int:30-90} days.
- Rents fall by {pct:10-35} until the pipes are replaced.
- The company may appeal, but has to install heaters by {soon} in any case.

- {firm1} bought the houses in {year:2016-2022} for {mil:3-30}.
- {firm1} regretted the decision and said that the market was to blame.
- A spokeswoman for {firm1}, {person3}, said that the boilers came from a supplier that had gone bankrupt.

- Some {int:20-90} similar suits are waiting in {county}.
- The town has hired {int:2-7} more inspectors of housing.
- Legal aid paid for the suit, which had taken {int:2-5} years.

## police-raid
= Police in {town} seize {int1:40-900} stolen bicycles
= Raids at dawn in {town} and {near}
= {int2:3-20} arrested over outboard motor thefts
- Police in {town} arrested {int2:3-20} people on {today} who are thought to have stolen bicycles to order.
- Officers searched {int:4-30} flats in {town} and {near} at dawn on {yesterday} and took {int2:3-20} suspects with them.
- A gang that stole outboard motors from harbours in {county} has been broken up, {town} police announced on {yesterday}, naming {int2:3-20} suspects.

- In a lock-up in {district1} they found {int1:40-900} items with a value of {money:60000-900000}.
- {int:60-240} officers took part, with dogs and a drone.
- The haul, from {int1:40-900} cables to a church bell, filled three lorries.

- Superintendent {person1} spoke of a business with price lists and a complaints department.
- "They worked office hours. We came before they opened," said Superintendent {person1}.
- Superintendent {person1} said that the thieves had used a van with the lettering of a florist.

- The suspects are between {int:18-24} and {int:41-63} years old and have said nothing so far.
- Three of them were let go in the afternoon; the others go before a judge on {soon}.
- Two men from {far} are still wanted.

- A tip came from a scrap dealer, {person2}, who had been offered the same copper twice.
- Detectives had listened to telephones for {int:3-11} months.
- {person2}, who had photographed the number plate from her kitchen, was thanked with flowers.

- Owners can look at what was found on Saturday from {time:am}, in the yard of the police station in {district2}.
- Thefts of this kind rose by {pct:12-70} last year in {county}.
- Insurers advise writing down the number on the frame.

## housing
= Council backs flats at former dairy in {district1}
= {int1:60-900} homes for {town}'s old gasworks
= Plan for {int1:60-900} homes divides {district1}
- The former dairy in {district1} will make way for {int1:60-900} homes, {town} council decided on {yesterday}.
- {firm1} may build {int1:60-900} flats on the site of the gasworks in {town}, which has lain empty since {year:1975-2009}.
- After years of quarrel, {town} has approved a new quarter with {int1:60-900} homes at {district1}.

- Every {nth:3-6} flat is reserved for people on low incomes.
- {firm1} pays {mil:1-5} towards a school and a crossing with lights.
- There will be room for {int:90-700} bicycles and {int:20-90} cars.

- "It's not pretty, but neither is a waiting list," said councillor {person1}.
- Councillor {person1} said that the town had {int:1200-9000} families waiting.
- "A field of nettles houses nobody," councillor {person1} argued.

- Neighbours complain about the height of {int:6-14} storeys. They have gathered {int:300-3900} names.
- {person2}, who lives opposite, fears that her garden will lie in the shade from two o'clock.
- The heritage society under {person2} wanted to keep the glazed bricks, and will get one wall.

- The soil is full of tar; carting it off takes until {soon}.
- Building starts in {year:2026-2027}, and the first people move in two years on.
- The architects, from {near}, have planned roofs with grass and beehives.

- Shops are to fill the ground floor, among them a branch of {shop}.
- A tram stop is promised, though the money for it is not.
- Part of the site belongs to the railway, which asks {mil:1-4} for it.

## rents
= Flats in {town} dearer by {pct1:3-14}
= Students in {town} pay half their income for a room
= Where {county} is still cheap
- Rents in {town} rose by {pct1:3-14} within a year, according to figures of the tenants' association.
- A room for a student in {town} costs {money1:280-760} a month, more than ever before, the {university} reports.
- Those who look for a flat in {town} need patience: {int:30-190} people apply for each one, an agency has counted.

- It is dearest in {district1}, at {money:900-2400} for three rooms.
- In {near} the same money buys a room more.
- {district2} has caught up since the tram went there.

- "I have viewed {int:20-70} flats and know all the bathrooms in town," said {person1}, a cook.
- {person1}, who teaches music, sleeps in the practice room. "Good acoustics," she said.
- "We live three to a kitchen and love each other less each month," said {person1}, a trainee.

- One cause is that {pct:3-12} of homes are let to tourists.
- Only {int:80-500} new flats were finished last year; {int:900-2900} had been promised.
- Interest on loans has made building too dear, says {person2} of the owners' federation.

- The council wants to tax empty houses from {soon}.
- Mayor {mayor} considers a cap and has asked a lawyer.
- A cooperative with {int:20-160} members means to buy the old convent.

- The survey covers {int:600-4900} advertisements.
- Heating is not counted in.
- By comparison, wages grew by {pct:1-4}.

## study
= Bats, not cats: study in {county} surprises researchers
= Peat near {town} holds record of {int1:3-9},000 years
= Blackbirds rise earlier in the streets of {town}
- Bats eat {int:300-3000} midges an hour over the ponds of {town}, biologists at the {university} have worked out.
- Peat from a bog near {near} preserves the weather of {int1:3-9},000 years, according to a study by the {university}.
- Blackbirds in the streets of {town} sing {int:20-70} minutes earlier than those in the woods, researchers of the {university} report.

- For {int:3-8} years they took samples at {int:8-70} places in {county}.
- The team followed {int:40-400} animals with rings and small transmitters.
- They compared old diaries of the parish with {int:2000-9000} hours of recordings.

- "We had expected the opposite and had already written it down," said {person1}, who led the project.
- "It was the most boring result imaginable, until we looked at the map," said Professor {person1}.
- Professor {person1} called the finding a present from an untidy archive.

- Street lighting is the most likely explanation; it has doubled since {year:1990-2012}.
- Drainage has already destroyed {pct:30-80} of the area.
- Pesticides play a smaller part than had been thought.

- The work cost {money:120000-900000} and appeared in the Annals of Field Biology.
- {person2} of the bird protection league hopes for darker nights in {district1}.
- Other scientists urge caution. The sample is small, said {person2}, who was not involved.

- Next the group wants to look at {near}, where there are no cats.
- Volunteers are welcome from {soon}.
- The data are free for anybody to use.

## campus
= {university} to open school for vets in {near}
= Nursing college for {town} from {year1:2026-2029}
= {university} leaves its tower
- The {university} will train vets in {near} from {year1:2026-2029}, its president, {person1}, said on {today}.
- A college for nurses with {int:60-400} places is to open in {town} in {year1:2026-2029}.
- The {university} is giving up its concrete tower in {town} and moving {int:600-4000} students to {district1}.

- The former barracks on {street} will be rebuilt for {mil:8-70}.
- {mil:8-70} has been set aside, half of it by the state.
- Building the lecture halls costs {mil:8-70}, without the furniture.

- "We chose the place with the fewest stairs and the most cows," said {person1}.
- "A university must be able to change its mind. It is what it teaches," {person1} said.
- {person1} thanked {near}, which gave the land for nothing.

- {far} had hoped to get the school and feels betrayed.
- Professors had quarrelled about the move for {int:3-9} years.
- The students' council, through {person2}, asked for cheaper rooms and later lectures.

- {person3}, a specialist in horses, is to run it.
- {int:12-60} professors are being hired, {int:3-9} of them from abroad.
- {person3} will be head of the new department from {soon}.

- In {county} every {nth:4-9} surgery has nobody to take over.
- Tuition is not to rise, the president says.
- The tower's lifts, famous for their slowness, will go to the museum.

## football-match
= {club} up after {int1:4-40} years
= Late goal sends {town} through
= {club} stay up by a knee
- {club} won {int:2-5}-1 against {near} Albion on {yesterday} and are back in the second division after {int1:4-40} years.
- A penalty in the {nth:70-89} minute gave {club} a 1-0 win over {near} Athletic and a place in the cup final.
- {club} have stayed in the league, thanks to a goal that {person1} scored with his knee.

- {int:3000-29000} people saw it, many of them under umbrellas.
- The kick-off was put back by {int:15-50} minutes because of a dog on the pitch.
- {person1} had come on only at half-time, for the injured captain.

- "I wanted to cross it. Please don't write that," said {person1}, {int:18-35}.
- "My grandmother has a better left foot, but she was busy," {person1} said afterwards.
- {person1}, a trained electrician, spoke of the best day of his life, "apart from the certificate".

- Coach {person2} praised a side that had been bottom at Christmas.
- "We were awful for an hour and then less awful," said coach {person2}.
- Coach {person2} had changed goalkeepers {int:3-6} times this season.

- The visitors had the better chances and hit the bar {int:2-4} times.
- A sending-off after {int:12-60} minutes turned the match.
- Referee {person3} showed {int:5-11} yellow cards.

- The club's debts of {mil:1-9} remain a worry.
- Season tickets will cost {money:90-390}.
- The town will receive the players at {time:pm} on the balcony of the town hall.

## football-coach
= "I don't shout, I repeat myself": {club}'s new coach
= {club} part with coach after {int1:4-30} games
= Ten questions for {person1}
- {person1}, the new coach of {club}, cycles to training and has banned the word "pressure".
- {club} have dismissed their coach after {int1:4-30} games, {int:2-5} of which were won. {person1} takes over.
- At {int:34-64}, {person1} has come to {town} to coach {club}, a club with more songs than cups.

- Before that {person1} worked for {int:3-12} years with the juniors at {near}.
- {person1} used to be a postman and knows every gate in {county}.
- A knee ended {person1}'s own career in {year:1995-2015}, after {int:20-290} matches.

- "A team is a choir in which one is allowed to kick," {person1} says.
- "If I explain it in more than a minute I haven't understood it," says {person1}.
- "Losing is information," {person1} likes to say. "We're well informed at present."

- The contract runs for {int:1-4} years.
- Chair {person2} promises to be patient, as chairs do.
- {person2}, who chairs the club, had talked to {int:5-14} candidates.

- Training begins at {time:am}, without telephones and with breakfast.
- Two midfielders from {far} are to join by {soon}.
- The first home game, against {near}, is on {soon}.

- The ground in {district1} gets floodlights for {money:200000-900000}.
- Only {int:900-7900} season tickets have been sold.
- The supporters' club hung out a banner that said: one more try.

## theatre
= {town}'s {district1} Theatre gets a new roof
= Curtain falls at {district1} Playhouse
= Sold out until spring: {town}'s amateur opera
- The {district1} Theatre in {town}, shut since {year:2009-2022}, will open again on {soon} with a comedy.
- The {district1} Playhouse in {town} gives its last performance on {soon}, after {int:40-130} years.
- An opera about a bus garage has sold out the {district1} Theatre in {town} for {int:5-40} evenings.

- Under the stage workers came upon {int:20-300} costumes and a stuffed bear.
- The ceiling, painted in {year:1880-1935}, was cleaned with bread.
- The repair cost {mil:1-14}; dry rot had got into the balcony.

- "A theatre without mice is a cinema," said {person1}, who manages the house.
- Manager {person1} hopes for {int:20-90} thousand visitors a year.
- "We've had more farewell evenings than premieres," manager {person1} said.

- {person2} plays the lead, at the age of {int:19-88}.
- The conductor, {person2}, drives the number {int:4-60} on weekdays.
- {person2}, an understudy for {int:8-30} years, stands in the limelight at last.

- Tickets cost between {money:6-14} and {money:25-90}.
- The town adds {money:90000-800000} a year, less than it spends on the zoo.
- For pupils there are {int:20-90} free seats at each performance.

- The bar will serve until midnight, a novelty in {county}.
- In winter the company tours {near} and {far}.
- A campaign for the velvet chairs found a sponsor for {pct:60-98} of them.

## museum
= {town} museum buys back its mammoth
= Roman shoes on show in {town}
= Museum of Clocks in {near} is running late
- The county museum in {town} has bought a mammoth skeleton that was dug up in {near} in {year:1870-1960}.
- {int:40-400} Roman shoes from a well in {district1} can be seen in {town} from {soon}.
- The clock museum at {near} opens its new wing {int:3-14} months later than planned, on {soon}.

- The piece is {int:3-9} metres long and had been in a collector's garage.
- It cost {money:90000-900000}, a third of which was given by readers of the {paper}.
- {int:12-60} restorers have been at work on it since {year:2018-2023}.

- "It's missing a toe, and so am I," said the director, {person1}.
- Director {person1} said that visitors asked for it more often than for the lavatory.
- "Dust is our oldest exhibit," director {person1} joked.

- The find came to light when a gas pipe was laid.
- A schoolboy, {person2}, had noticed the mistake on the label.
- {person2}, who lent the collection, had kept it in shoe boxes.

- Entry costs {money:4-16}; Thursdays are free.
- Last year {int:20000-190000} people came, {pct:3-25} more than the year before.
- The café has been leased to a baker from {far}.

- An audio guide in {int:4-14} languages can be borrowed.
- The attic stays closed, since the floor bears only {int:8-40} people.
- Next on the list is a fire engine of {year:1899-1938}.

## shipyard
= {firm1} to build {int1:2-9} tugs in {town}
= Order for {int1:2-9} trawlers saves {town} yard
= {town} shipyard cuts {int2:40-600} jobs
- The {town} shipyard of {firm1} will build {int1:2-9} harbour tugs for a company in {country1}.
- {firm1} has won an order for {int1:2-9} trawlers, the first for its yard in {town} since {year:2006-2021}.
- The yard of {firm1} in {town} is cutting {int2:40-600} jobs because a customer has withdrawn.

- The contract is worth {mil:14-190}, to be paid in {int:3-7} parts.
- The first vessel goes to {near} for her trials on {soon}.
- The ships are {int:24-88} metres long and can break ice a hand thick.

- "We bend steel. This year we bent figures, too," said managing director {person1}.
- "I've ordered paint. That is the best sign there is," said {person1}, who heads the yard.
- {person1}, the yard's head, thanked the night shift by name, all {int:20-60} of them.

- {int:30-290} fitters are wanted, and the canteen will open on Saturdays again.
- The union under {person2} accepted shorter hours in return.
- Apprentices are safe, shop steward {person2} said after a meeting at {time:am}.

- The state guarantees a loan of {mil:5-60}.
- The big crane, which {town} uses as a weather vane, has to be repaired for {mil:1-6}.
- A rival in {country2} had offered to do it for {pct:4-19} less, but later.

- {firm1} has stood on the {river} since {year:1840-1938}.
- A dock that had silted up is to be dredged.
- At its height the yard had {int:2000-9000} workers; now it has {int:200-1200}.

## brewery
= {town}'s oldest brewery changes hands
= Gold medal for a stout from {near}
= {firm1} to brew in {town} again
- The brewery in {district1}, {town}'s oldest, has been sold to {firm1} for {mil:2-30}.
- A stout from {town} has won a gold medal among {int:200-1900} beers at the fair in {far}.
- {firm1} will brew in {town} again, {int:9-60} years after the coppers went cold.

- It makes {int:4000-90000} barrels a year and delivers to {int:60-500} pubs in {county}.
- The recipe, from {year:1851-1949}, was found behind a boiler.
- The first brews are {int:3-9} sorts, among them one with heather.

- "Water, hops and no hurry," is how {person1}, who runs the brewhouse, describes it.
- "We changed nothing except the locks," said {person1} of {firm1}.
- {person1} tastes at {time:am} every day and calls it the best part of the job.

- {int:14-90} people work there; all of them keep their jobs.
- The horses stay, and so does the smell over {district2}.
- The union had feared for the bottling line, said {person2}.

- A glass costs {money:3-7} in the taproom on {street}.
- The landlord {person2} ordered {int:20-90} casks before the news was out.
- Visitors are let in on Wednesdays, in groups of {int:8-30}.

- Sales of beer in {county} fell by {pct:2-9} last year, those of cider rose.
- A new well, {int:60-240} metres deep, is planned.
- The chimney will be repaired once the falcons have left it.

## recall
= {shop} calls back soup after complaint
= Metal in muesli: {shop} recall widens
= {shop} takes soft cheese off the shelf
- The supermarket chain {shop} is calling back {int1:4000-90000} jars of lentil soup because they may hold bits of plastic.
- Customers of {shop} should not eat its crunchy muesli: a metal splinter was found in {town}, the chain said on {yesterday}.
- {shop} has taken a soft cheese off its shelves in {int:30-300} branches after a test found bacteria.

- Only goods with the lot number L{int:1000-9999} are affected.
- They were sold between {past} and the end of last week in {county} and beyond.
- The supplier, {firm1}, makes it in {near} on two lines.

- A worn gasket is thought to be to blame.
- A sieve had broken, {firm1} found when it took the machine apart.
- How it happened is not clear; an outside laboratory is looking into it.

- "I heard a crunch that muesli doesn't make," said {person1}, a teacher from {town}.
- {person1}, who reported it, got a hamper and gave it to her neighbours.
- Three people felt sick, among them {person1}, who has since recovered.

- The product can be handed in at any till.
- {shop} has set up a telephone line, which {int:300-4000} people rang on the first day.
- "We would rather apologise too early," said {person2} for the chain.

- It is the {nth:2-5} recall this year by the company.
- The food authority rated the danger as low.
- Shares in {shop} fell by {pct:1-6}.

## prices
= Weekly shop costs {money1:60-160} in {town}
= Butter and coffee drive prices in {county}
= Which supermarket in {town} is cheapest
- A basket of {int:18-60} everyday goods costs {money1:60-160} in {town}, {pct:2-11} more than a year ago, consumer advisers have found.
- Butter and coffee made shopping dearer in {county} in {month}, the statistics office said on {today}.
- {shop} is the cheapest supermarket in {town}, a comparison by the {paper} shows.

- Coffee went up most, by {pct:14-39}; potatoes were down by {pct:3-15}.
- Olive oil costs {money:7-15} a bottle, and tomatoes twice as much as in June.
- Between the cheapest shop and the dearest lay {money:9-38}.

- "I write two lists now: what we need, and what we'll have," said {person1}, a mother of three.
- {person1}, a pensioner, goes to three shops with a thermos flask. "It's my sport," he said.
- "We notice it on the conveyor belt. The bags are lighter," said {person1}, a cashier.

- {person2} of the advice centre suggests looking at the lower shelves.
- Poor harvests in {country1} are one reason, said economist {person2}.
- The trade points to wages and rents, according to its spokesman {person2}.

- In {near} the same things cost {money:2-12} less.
- Shoppers in {far} pay most, since there's only one shop.
- The testers went out on {int:3-9} days and always at the same hour.

- The next figures come out on {soon}.
- Own brands have passed a share of {pct:35-60} of sales.
- Market stalls in {district1} beat the chains on fruit.

## seals
= More seals than ever in {town} Bay
= Rescue centre at {near} releases {int1:3-29} pups
= Seals return to the mouth of the {river}
- Rangers counted {int1:80-2900} seals in the bay off {town} in {month}, the national park said.
- The rescue centre at {near} has set {int1:3-29} young seals free on the beach of {town}.
- Seals have come back to the mouth of the {river} near {town}, where they were hunted until {year:1950-1978}.

- Ten years ago there were {int:40-900}.
- Most were harbour seals; {int:9-190} were of the grey kind.
- Counting was done from a helicopter, on {int:2-5} days with little wind.

- "They look at us as if we were the ones being counted," said ranger {person1}.
- "You can smell that it is going well," said {person1}, who leads the station.
- Ranger {person1} credits cleaner water and quieter boats.

- Not everybody is glad: {person2}, who fishes for flounder, has stopped counting the holes.
- {person2}, whose family runs trips to the sandbars, sold {int:900-9000} tickets.
- A kayak club under {person2} has agreed to keep its distance.

- A virus that killed {pct:20-60} of the animals in {year:1988-2004} has not come back.
- Young ones that lie alone are seldom orphans, the park warns.
- Raising one takes {int:200-700} kilos of fish and {int:6-14} weeks.

- Walkers should stay {int:100-300} metres away.
- A film about them will be shown in {district1} on {soon}.
- The next count follows in {year:2026-2028}.

## air
= Too much nitrogen dioxide on {street}
= {town} plans speed limit for cleaner air
= Sensors in {district1} show dust from quarry
- The air on {street} in {town} was dirtier last year than the law permits, the county of {county} has reported.
- {town} wants to bring in a speed limit on {street} from {soon} because of the fumes.
- Dust from the quarry at {near} drifts as far as {district1}, new sensors in {town} show.

- On {int:12-60} days the mean value was exceeded, a year earlier on {int:12-60}.
- Lorries cause {pct:30-60} of it, according to a study.
- The worst readings came on cold mornings with fog.

- "One can taste Monday," said {person1}, who lives above a pharmacy on {street}.
- {person1}, a lung specialist at {hospital}, sees more children with asthma.
- "We measure what everyone can smell," said {person1} of the environment department.

- A bypass would take {int:9-19} years, and trees would not be enough.
- Old diesel buses are to be replaced by {year:2026-2029} for {mil:4-29}.
- {firm1}, which owns the quarry, will spray the roads with water.

- The motorists' club under {person2} speaks of a pretext for fines.
- {person2}, who drives a delivery van, wonders how he is to keep to his rounds.
- The environmental group's chair, {person2}, threatens to go to court.

- Air filters for {int:5-40} classrooms have been ordered.
- The values can be read on a board at the station.
- In {far} a similar step brought a fall of {pct:8-28}.

## warehouse-fire
= Fire guts furniture store in {town}
= Tyre warehouse burns in {district1}
= {int1:40-190} firefighters at paper mill blaze
- A warehouse full of furniture burned down in {district1}, {town}, on the night to {today}.
- Black smoke lay over {town} on {yesterday} after a store of tyres in {district1} had caught fire.
- {int1:40-190} firefighters fought a blaze in the paper mill of {firm1} near {town} for {int:5-40} hours.

- The alarm came at {time:am} from a taxi driver.
- {int:12-290} neighbours had to leave their homes for the night.
- Water had to be pumped from the {river} through {int:1-4} kilometres of hose.

- "We could hear the tins going off like a band," said {person1}, who lives nearby.
- "At some point you only protect what is next to it," said the officer in charge, {person1}.
- {person1}, who led the operation, thanked a farmer for {int:3-9} tankers of water.

- Nobody was injured; two cats were carried out.
- A guard breathed in smoke and was taken to {hospital}.
- Windows and doors were to stay shut until {time:pm}.

- The loss is put at {mil:1-19}, and {firm1} is insured.
- The owner, {person2}, had taken the business over only in {month}.
- {person2}, who rents the hall, lost {int:300-4000} pianos, chairs and lamps.

- The police are examining a delivery van that stood at the ramp.
- What set it off is not known, and the ruin is too hot to enter.
- {street} stays closed, as a wall may fall.

## school
= {town} school starts lessons at nine
= Pupils in {town} run their own canteen
= Roof of {district1} School must come down
- Lessons at {district1} School in {town} begin at nine since last summer, and marks have got better.
- The canteen of {district1} School in {town} is run by the pupils themselves, {int:200-900} meals a day.
- {int:240-1400} pupils of {district1} School in {town} are taught in containers because the roof is not safe.

- The trial, watched over by the {university}, covers {int:8-30} classes.
- Absences fell by {pct:9-44}.
- It costs the council {money:40000-400000} a year.

- "They say good morning now, and some mean it," said headteacher {person1}.
- Headteacher {person1} admits that the buses were the hard part.
- "It was my worst idea for a week and then my best," said {person1}, who heads the school.

- {person2}, 1{int:3-7}, would not go back. "I dream in complete sentences," she said.
- Parents' representative {person2} was against it at first and has changed her mind.
- {person2}, a caretaker for {int:9-30} years, has learned to cook for it.

- {int:3-12} schools in {county} want to follow.
- The ministry remains sceptical and asks for a report by {soon}.
- The teachers' union demands {int:2-9} more posts.

- Detention has been replaced by gardening.
- The school, founded in {year:1880-1975}, is known for its orchestra.
- A drawback is that clubs end at {time:pm}.

## wartime-bomb
= {int1:500-9000} leave homes as bomb is defused in {town}
= Builders in {district1} dig up wartime shell
= All clear in {town} after bomb find
- A wartime bomb has been defused in {district1} in the middle of {town}. {int1:500-9000} people had to leave their homes.
- Builders came upon a shell of {int:90-500} kilos on {yesterday} while digging foundations in {district1}, {town}.
- Divers of the harbour police have lifted an unexploded bomb from the canal at {town}.

- The evacuation began at {time:am} and took longer than planned because of a wedding.
- The station was shut, and {int:20-120} trains turned back at {near}.
- {hospital} moved {int:20-140} patients to the far wing.

- Expert {person1} needed {int:20-90} minutes for the fuse, which was bent.
- "It was rusty but polite," said {person1} of the disposal service.
- {person1}, who did the work, had called his wife first, as always.

- It had lain there for eighty years, {int:2-6} metres down.
- An aerial photograph from the archive had hinted at it.
- It is the {nth:4-28} find in {county} since {year:1995-2015}.

- {person2} spent the day in the gymnasium with her parrot. "He's the only one who swore," she said.
- In the school at {district2} there were soup and board games, and {person2} won at both.
- {person2}, {int:70-96}, remembered the raid and was not surprised.

- The shell has been taken to {far} on a lorry.
- The harbour was open again at {time:pm}.
- The builders may go on digging on {soon}, with a probe.

## festival
= {int1:4000-90000} at {town}'s pear festival
= Crowds and queues at {town}'s mussel days
= Rain cannot spoil {town} onion market
- {int1:4000-90000} people came to the pear festival in {town}, which ended on Sunday with a race of wheelbarrows.
- The mussel days at {town} drew {int1:4000-90000} visitors, more than the organisers had parking for.
- {town}'s onion market has taken place for the {nth:20-400} time, in the rain and in good spirits.

- {int:3-30} tonnes were sold by Saturday noon.
- A cake of {int:12-90} metres was gone in {int:20-60} minutes.
- On {int:4-12} stages bands from {near} and {far} played.

- The title went to {person1}, a postwoman, who peeled a pear in one go.
- {person1} won the contest of the liars with a story about a truthful mayor.
- {person1} threw a clog {int:20-39} metres and was crowned with onions.

- "Next year we'll order weather," said {person2}, who organises it.
- Organiser {person2} spoke of a record and of sore feet.
- "We ran out of forks. That's fame," said {person2} for the committee.

- First-aiders treated {int:9-90} people, most of them for wasps.
- Police counted {int:2-19} fights and a stolen goat, which came back by itself.
- Stallholders took about {mil:1-4}, the chamber of commerce reckons.

- The next one begins on {soon} of the year after.
- Entry stayed free, though a mug costs {money:3-9}.
- The festival goes back to a bet made in {year:1780-1930}.

## lottery
= Plumber from {town} wins {mil1:2-60}
= Office pool in {near} hits the jackpot
= Unclaimed: {mil1:2-60} ticket sold in {town}
- A plumber from {town} has won {mil1:2-60} in the lottery and finished the day's repairs first.
- {int:6-30} colleagues at {firm1} in {town} share a jackpot of {mil1:2-60}.
- A ticket worth {mil1:2-60}, sold on {street} in {town}, has not been handed in.

- {person1}, {int:25-79}, noticed only after {int:2-20} days.
- {person1} had used the slip as a bookmark.
- The shop belongs to {person1}, who gets {money:5000-90000} for having sold it.

- "I sat down on the stairs and counted the noughts," {person1} said.
- "We screamed so loudly that security came," said {person1}.
- "My first thought was the dentist," {person1} admitted.

- There will be a new van, in the same colour.
- {pct:5-30} goes to the animal shelter in {district1}.
- A trip to {country1} is planned, second class.

- It's the highest win in {county} since {year:1998-2019}.
- The chance was one to {int:8-90} million.
- Winnings can be claimed until {soon}, said {person2} for the company.

- Advisers such as {person2} recommend telling nobody.
- Neighbours have brought {int:3-14} cakes so far.
- The lottery company has sent a consultant with a folder.

## attack
= {int1:9-90} killed in attack on market in {capital}
= {country1} mourns after train station attack
= Arrests after shooting at festival in {capital}
- Gunmen killed at least {int1:9-90} people at a covered market in {capital}, the capital of {country1}, on {yesterday}.
- {country1} has declared {int:2-5} days of mourning after an attack on the railway station of {capital} with {int1:9-90} dead.
- Police in {country1} have arrested {int:3-14} people over the shooting at an open-air festival in {capital}.

- {int:40-390} were hurt, {int:6-50} of them badly, the health ministry said.
- Most of the victims were on their way home from work.
- Doctors worked through the night, and {int:900-9000} people gave blood.

- Nobody has said that they were behind it. Security sources suspect the Free Highland Front.
- The interior minister, {person1}, spoke of a cell with helpers abroad.
- Two of those held come from {country2}, according to the prosecutor, {person1}.

- President {person2} called it an attack on all who take a train or buy bread.
- "We will mourn first and judge afterwards," President {person2} said in an address.
- President {person2} cut short a visit to {country2}.

- The government of {country2} rejected any blame and offered its help.
- Diplomats are worried about the talks on the border, which were to begin on {soon}.
- Opposition leader {person3} asked why warnings from {month} had not been heeded.

- Weapons and {int:20-200} kilos of explosives were found in a garage.
- The borders were shut for {int:12-72} hours.
- Analysts of the Harbourgate Centre see a failure of the secret service.

## statement
= {country1}'s leader doubts account of blast
= {country1} and {country2} trade blame over border raid
= Think tank: {capital} changes its story again
- The president of {country1}, {person1}, has cast doubt on what {country2} says about the explosion at the pipeline.
- {country1} and {country2} accuse each other of the raid on a border post in which {int1:4-40} soldiers died.
- The government in {capital} has changed its account of the sunken patrol boat for the {nth:2-5} time, analysts say.

- In an interview on {yesterday} {person1} said that the trail led elsewhere.
- {person1} told reporters that the army had been put on alert {int:2-9} days before.
- Foreign minister {person1} presented photographs that could not be checked.

- "A lie with a map is still a lie," the ambassador of {country2}, {person2}, answered.
- {person2}, who speaks for the ministry in {country2}, called it a fairy tale.
- {country2}'s envoy {person2} left the room before the end.

- The Harbourgate Centre, a research group, finds that the two versions cannot both be true.
- According to the Harbourgate Centre there is no sign of a third party.
- The Harbourgate Centre notes that officials contradicted each other within {int:3-40} hours.

- The two countries have been allies since a treaty of {year:1991-2014}.
- Trade between them has shrunk by {pct:20-70} in three years.
- Some {int:2000-19000} troops of {country2} are stationed in {country1}.

- The state agency of {country1} spread the remarks, and removed one sentence later.
- A meeting of both leaders in {far} is planned for {soon}.
- Observers from {int:4-19} states are to be let in next week.

## demonstration
= {int1:600-19000} protest in {town} against school closures
= Farmers block {street} with tractors
= March for the {district1} baths
- {int1:600-19000} people marched through {town} on Saturday against the closing of {int:3-9} schools, according to the organisers.
- Farmers with {int:60-700} tractors blocked {street} in {town} for {int:2-9} hours on {yesterday}.
- With rubber rings and bathing caps, {int1:600-19000} people in {town} called for the baths in {district1} to be saved.

- The procession went from {district1} to the town hall and took an hour to pass.
- Drums, whistles and a brass band from {near} could be heard as far as {district2}.
- Police were there in number and had little to do.

- "I've not marched since my wedding," said {person1}, {int:58-88}.
- {person1}, who had called for the protest, was hoarse by noon.
- "You can close a school, but not a mouth," {person1} told the crowd.

- Mayor {mayor} received a petition with {int:2000-29000} names.
- Mayor {mayor} listened from a window and came down in the end.
- The council says that it saves {mil:1-9} a year.

- {person2}, a shopkeeper, shut for the day and handed out tea.
- A counter-protest of {int:8-70} people was over when it began to rain.
- {person2} of the traders' league complained about lost sales.

- Another march is to follow on {soon}.
- The decision falls at a meeting in {month}.
- {int:1-9} people were fined, for parking.

## search
= Boy, {int1:5-12}, found safe in forest near {town}
= Two climbers rescued above {near}
= Search off {town} ends well
- A boy of {int1:5-12} who had been missing near {town} since {yesterday} has been found in the forest, tired and well.
- Two climbers were brought down from the cliffs above {near} after {int:9-30} hours.
- A sailor from {town} who was overdue for {int:2-6} days has turned up on an island.

- {int:60-600} people had searched, with drones and {int:4-30} dogs.
- A helicopter with a thermal camera flew over {county} all night.
- The coastguard covered {int:90-900} square miles.

- {person1}, a forester, heard whistling at {time:am}.
- "There was a light where no light should be," said {person1}, who raised the alarm.
- In the end {person1} found the trail, thanks to sweet wrappers.

- "I ate berries and told myself stories," the missing one said, according to {person2}.
- {person2} of the mountain rescue spoke of luck and good socks.
- Doctors at {hospital} found nothing worse than blisters, said {person2}.

- The nights had been cold, at {int:2-7} degrees.
- Fog had come in quickly, as it does there in {month}.
- A wrong turn at the quarry is thought to be how it began.

- The cost of the search, {money:9000-90000}, is borne by the county.
- The volunteers were given soup in {district1}.
- The rescuers are looking for new members and meet on {soon}.

## tram
= {town}'s tram line to {district1} opens
= Early train for {near} commuters
= {town} makes buses free on Saturdays
- The tram runs to {district1} again: {town} has opened {int:2-14} kilometres of track after {int:2-7} years of work.
- From {soon} a train at {time:am} will take commuters from {near} to {town}.
- Buses in {town} are free on Saturdays from {soon}, for one year and for everyone.

- The line cost {mil:20-290}, {pct:5-30} more than planned.
- It costs the council {mil:1-5}, which comes out of parking fees.
- {int:900-19000} passengers a day are expected.

- "My knees voted for it," said {person1}, the first to get on.
- {person1}, who had fought for it since {year:1990-2015}, was allowed to ring the bell.
- "If it is late, it will at least be late electrically," said {person1} of the transport board.

- Shops along {street} had suffered from the building site.
- {person2}, who sells flowers at the terminus, has ordered twice as many.
- Taxi drivers, through {person2}, complain of unfair competition.

- A ticket costs {money:1-5}; bicycles ride along outside the rush hour.
- Carriages come from {country1} and have names instead of numbers.
- On Fridays the service goes on until {time:am}.

- Next the council wants to connect {far}.
- After {int:6-18} months there is to be a review.
- A survey had shown that {pct:55-80} were in favour.
"""

# What any story may add.
_ADDED = """
- "People here have long memories and short tempers," said {person8}, who has lived in {district1} for {int:12-60} years.
- The {paper} had first reported on the matter in {month}.
- {person8}, a columnist of the {paper}, called it typical of {county}: late, loud and in the end quite sensible.
- Asked about the next steps, a spokesman for the council pointed to the meeting on {soon}, which is open to everybody.
- In {near}, where something of the kind was tried in {year:1996-2021}, opinions are divided to this day.
- A poll of {int:300-2000} readers found {pct:41-78} in agreement, {pct:5-20} against and the others out of patience.
- {person8} of the chamber of commerce in {town} put the benefit at {mil:1-8} a year, but would not say how that was worked out.
- Whoever wants to know more can come to {street} on {soon} at {time:pm}, when questions will be answered.
- "I'd have done it sooner and said less about it," remarked {person8}, a former member of the council.
- {town}, which has {int:18000-240000} inhabitants, is not used to so much attention.
- For visitors from {far} a special service is to be set up, though the details are being worked on.
- {person8}, {int:22-84}, summed up the mood at the bus stop in {district3}: "We'll see. We always do."
- County officials in {county} plan to look at the figures again after {int:3-18} months.
- The weather service expects {int:3-27} degrees and some wind for the weekend.
- Similar news had come from {far} only {int:2-11} weeks earlier.
- The matter is likely to come up again when the council of {town} is elected in {year:2026-2028}.
- By the evening {int:40-900} comments had been left on the website of the {paper}, a few of them friendly.
- Reporters of the {paper} have asked for the documents under the county's law on records, so far without success.
- At the barber's in {district2} there is no other topic, says {person8}, who cuts hair there and hears both sides.
- The figures are provisional and may change by a few percent once all {int:9-60} districts of {county} have reported.
- {person9}, who teaches politics at the {university}, sees the dispute as a sign that {town} has grown faster than its habits.
- Twice in {int:4-20} years the same plan had been postponed, first for lack of money and then for lack of nerve.
- A letter signed by {int:12-90} doctors, teachers and shopkeepers of {district1} was handed in at the town hall on {yesterday}.
- "Ask me again in a year," said {person9}, who sits on the county council of {county} for {near}.
- The county has put {money:40000-900000} aside in case anything goes wrong.
- Translators for {int:3-9} languages were on hand, since many families in {district2} have moved to {town} only lately.
- An earlier attempt, in {year:1999-2019}, had come to nothing because {near} and {town} could not agree who would pay.
- A recording of the meeting, {int:2-7} hours long, is kept at the library on {street}.
- Mayor {mayor} was not available for comment; the deputy, {person9}, said only that all sides had been heard.
- For now the signs in {district3} stay as they are, and so do the queues.
- Historians remind people that {district2} saw much the same in {year:1889-1968}, with horses.
"""

# The same for news from abroad.
_ADDED_ABROAD = """
- The statement was carried by the state agency at {time:pm} and repeated on all channels.
- Neighbouring {country2} has called back its ambassador for talks, which it says is routine.
- Schools and theatres in {capital} were shut on {today}, and the football league put off all its games.
- {person8}, who follows the region for the Harbourgate Centre, advises against quick conclusions.
- A resolution is being drafted, diplomats said; {int:3-14} states have asked for changes.
- Flights between {capital} and the coast were cancelled until {soon}.
- Elections in {country1} are due in {year:2026-2028}, and nobody expects them to be quiet.
- Reporters were allowed to visit the place for {int:10-50} minutes, in the company of officers.
- {person9}, a former general, wrote in the {paper} that the generals had been asked too late.
- The currency of {country1} lost {pct:2-9} on {today} before the central bank stepped in.
- Some {int:400-9000} citizens of {country2} live in {capital}, most of them as builders and nurses.
- Aid groups have asked both governments to let their lorries pass at the crossing near {near}.
- The last visit of inspectors, in {month}, had ended without a report.
"""
_ABROAD = ("attack", "statement")

# Details that a prompt asks for without naming anybody: a story that told them would be an answer.
_KEPT_OFF = re.compile(
    r"\b(flee|fled|escape|September|August|February|barn|converters?|tannery|sandbank|aground|biscuits|keel|barley|eggs?|carpets?|organ|whale|"
    r"midwi\w+|maternity|dean|advice office|tracker|tracking|detentions|eelgrass|mines?\b(?! that)|intensive care|herring|spaniel|phones|estuary|votes)\b"
)
_MONTHS = "January February March April May June July August September October November December".split()
# Capitalised everywhere, and nobody's name.
_ORDINARY = {
    *_MONTHS,
    *"Monday Tuesday Wednesday Thursday Friday Saturday Sunday Dr Mr Mrs Ms Prof Professor Judge Superintendent Saturdays Sundays Christmas I".split(),
}
_TITLED = {"Dr", "Mr", "Mrs", "Ms", "Prof", "St", "Supt", "Cllr", "Sen"}
_PLACES = (
    "town",
    "near",
    "far",
    "county",
    "river",
    "district1",
    "district2",
    "district3",
    "paper",
    "mayor",
    "hospital",
    "university",
    "club",
)


@dataclass(frozen=True)
class Story:
    """A type of story: its headlines, and for each slot the sentences that may fill it; the first slot holds a lead for each headline."""

    name: str
    titles: tuple[str, ...]
    slots: tuple[tuple[str, ...], ...]


def _parts(listed: str) -> list[str]:
    """The names of a list, parted by bars where there are some, else by spaces."""
    return [part.strip() for part in (listed.split("|") if "|" in listed else listed.split())]


def read_stories(text: str) -> list[Story]:
    """The stories of a text in the form of ``STORIES``."""
    stories = []
    for block in text.split("\n## ")[1:]:
        name, _, rest = block.partition("\n")
        titles = tuple(line[2:] for line in rest.splitlines() if line.startswith("= "))
        slots = [tuple(line[2:] for line in part.splitlines() if line.startswith("- ")) for part in rest.split("\n\n")]
        stories.append(Story(name.strip(), titles, tuple(slot for slot in slots if slot)))
    return stories


_STORIES = read_stories(STORIES)
_MORE, _MORE_ABROAD = (tuple(line[2:] for line in added.strip().splitlines()) for added in (_ADDED, _ADDED_ABROAD))
_FIRST, _LAST = _parts(_FIRST_NAMES), _parts(_LAST_NAMES)
_TOWNS = [start + end for start in _parts(_TOWN_STARTS) for end in _parts(_TOWN_ENDS)]
# One town in six is enough for many stories from the same town, as an archive has them.
_HOME_TOWNS = _TOWNS[::6]


def _person(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"


def _places(town: str, seed: int) -> dict[str, str]:
    """What a town has in every story about it."""
    rng = random.Random(f"{seed} {town}")
    near, far = rng.sample([other for other in _TOWNS if other != town], 2)
    districts = rng.sample(_parts(_DISTRICTS), 3)
    club = f"{town} {rng.choice(_parts(_CLUBS))}"
    paper = f"{town} {rng.choice(_parts(_PAPERS))}"
    saint = rng.choice("Agatha Cuthbert Dunstan Hilda Oswald Swithun".split())
    named = (town, near, far, rng.choice(_parts(_COUNTIES)), rng.choice(_parts(_RIVERS)), *districts)
    return dict(zip(_PLACES, (*named, paper, _person(rng), f"St. {saint}'s Hospital", f"University of {town}", club), strict=True))


@dataclass
class _Facts(string.Formatter):
    """Fills the braces of one article; names that end in a digit keep their value."""

    rng: random.Random
    published: date
    kept: dict[str, str] = field(default_factory=dict)

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        return str(key)

    def format_field(self, value: Any, format_spec: str) -> str:
        kind = value.rstrip("0123456789")
        if value in self.kept:
            return self.kept[value]
        drawn = _DRAWN[kind](self, format_spec)
        if value != kind:
            self.kept[value] = drawn
        return drawn

    def number(self, spec: str) -> int:
        low, high = map(int, spec.split("-"))
        drawn = self.rng.randint(low, high)
        # Sums above a thousand are told in round figures.
        return drawn if drawn < 1000 or high < 3000 else round(drawn, -1 if drawn < 10_000 else -2)

    def pick(self, listed: str) -> str:
        return self.rng.choice(_parts(listed))

    def day(self, first: int, last: int) -> str:
        found = self.published + timedelta(days=self.rng.randint(first, last))
        while _MONTHS[found.month - 1] in ("February", "August", "September"):
            found += timedelta(days=30 if last > 0 else -30)
        return f"{found.day} {_MONTHS[found.month - 1]}"

    def time(self, half: str) -> str:
        return f"{self.rng.randint(2, 11)}.{self.rng.choice('05 10 15 20 25 35 40 50 55'.split())} {half[0]}.m."


_DRAWN: dict[str, Callable[[_Facts, str], str]] = {
    "int": lambda facts, spec: f"{facts.number(spec):,}",
    "nth": lambda facts, spec: _nth(facts.number(spec)),
    "year": lambda facts, spec: str(random.Random.randint(facts.rng, *map(int, spec.split("-")))),
    "money": lambda facts, spec: f"${facts.number(spec):,}",
    "mil": lambda facts, spec: f"${facts.number(spec)}.{facts.rng.randint(1, 9)} million",
    "pct": lambda facts, spec: f"{facts.number(spec)}{facts.rng.choice(['', '', '.5'])} percent",
    "time": lambda facts, spec: facts.time(spec),
    "soon": lambda facts, _: facts.day(9, 80),
    "past": lambda facts, _: facts.day(-40, -9),
    "today": lambda facts, _: facts.published.strftime("%A"),
    "yesterday": lambda facts, _: (facts.published - timedelta(days=1)).strftime("%A"),
    "month": lambda facts, _: facts.rng.choice([month for month in _MONTHS if month not in ("February", "August", "September")]),
    "person": lambda facts, _: _person(facts.rng),
    "street": lambda facts, _: f"{facts.pick(_TOWN_STARTS)} {facts.pick('Road Avenue Lane Terrace')}",
    "firm": lambda facts, _: f"{facts.pick(_FIRM_STARTS)} {facts.pick(_FIRM_ENDS)}",
    "ship": lambda facts, _: facts.pick(_SHIPS),
    "country": lambda facts, _: facts.pick(_COUNTRIES),
}


def _nth(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def generate(count: int, *, seed: int) -> Iterator[dict[str, str]]:
    """Articles in the form of the JSON lines that Newsdesk reads; the first n are the same for every ``count``."""
    for number in range(count):
        yield _article(number, seed)


def _article(number: int, seed: int) -> dict[str, str]:
    rng = random.Random(f"{seed}/{number}")
    story = _STORIES[number % len(_STORIES)]
    published = date(2024, 1, 1) + timedelta(days=rng.randrange(731))
    facts = _Facts(rng, published)
    places = _places(rng.choice(_HOME_TOWNS), seed)
    countries, ships = (rng.sample(_parts(listed), 2) for listed in (_COUNTRIES, _SHIPS))
    one_of = {"shop": facts.pick(_SHOPS), "street": f"{facts.pick(_TOWN_STARTS)} {facts.pick('Road Avenue Lane Terrace')}"}
    facts.kept |= places | one_of
    facts.kept |= {"country1": countries[0], "country2": countries[1], "ship1": ships[0], "ship2": ships[1]}
    facts.kept["capital"] = dict(zip(_parts(_COUNTRIES), _parts(_CAPITALS), strict=True))[countries[0]]
    id = f"{story.name}-{places['town'].lower()}-{number:06d}"
    outlet, angle = places["paper"], rng.randrange(len(story.titles))
    site = outlet.replace(" ", "").lower()
    article = {"id": id, "url": f"https://{site}.example/{published:%Y/%m}/{id}", "title": facts.format(story.titles[angle])}
    text = _text(story, facts, angle)
    author = {"author": _person(rng)} if rng.random() < 0.8 else {}
    when = published.isoformat() + (f"T{rng.randint(5, 21):02d}:{rng.randrange(0, 60, 5):02d}:00+00:00" if rng.random() < 0.4 else "")
    return article | {"source": outlet} | author | {"published": when, "text": text}


def _text(story: Story, facts: _Facts, angle: int) -> str:
    rng, (leads, *slots) = facts.rng, story.slots
    lead = facts.format(leads[angle])
    others = [[facts.format(sentence) for sentence in rng.sample(slot, 2 if rng.random() < 0.5 else 1)] for slot in slots]
    # The lead stands first; what follows comes in any order, as outlets tell a story differently.
    rng.shuffle(others)
    more = [facts.format(sentence) for sentence in rng.sample(_MORE_ABROAD if story.name in _ABROAD else _MORE, 10)]
    paragraphs = [lead, *(" ".join(sentences) for sentences in others), *more[: rng.randint(2, 5)]]
    while len(" ".join(paragraphs).split()) < _WORDS[0]:
        paragraphs.append(more[len(paragraphs) - len(others) - 1])
    # A place and date before the lead count for ten words at most.
    while len(" ".join(paragraphs).split()) > _WORDS[1] - 10:
        paragraphs.pop()
    text = "\n\n".join(paragraphs).replace(".m..", ".m.")
    if rng.random() < 0.15:
        text = f"{facts.kept['town'].upper()}, {_MONTHS[facts.published.month - 1]} {facts.published.day} ({facts.kept['paper']}) - {text}"
    return text


def corpus_names() -> frozenset[str]:
    """Names of people, places and outlets in the sample corpus: words that are capitalised within a sentence and never written small."""
    texts = [path.read_text(encoding="utf-8") for path in (*sorted((CORPUS / "articles").glob("*.md")), CORPUS / "prompts.yaml")]
    small, names = set[str](), set[str]()
    for text in texts:
        words = re.findall(r"[^\W_]+|[^\w\s]|\n", text)
        small |= {word for word in words if word.islower()}
        for before2, before, word, after in zip(["\n", "\n", *words], ["\n", *words], words, [*words[1:], "\n"], strict=False):
            within = before[0].isalnum() or before in ",;-–—'’(&" or (before == "." and before2 in _TITLED)
            if _is_capitalised(word) and (within or _is_capitalised(after)):
                names.add(word)
    return frozenset(name for name in names - _ORDINARY - _TITLED if name.lower() not in small)


def _is_capitalised(word: str) -> bool:
    return word[:1].isupper() and len(word) > 1


def check_names(articles: Sequence[Mapping[str, str]]) -> None:
    """Exits with the words that the corpus and the articles share as names, and with templates that tell what a prompt asks for."""
    told = sorted({found.group() for found in _KEPT_OFF.finditer(STORIES + _ADDED + _ADDED_ABROAD)})
    lists = " ".join(
        [*_FIRST, *_LAST, *_TOWNS, *_parts(_DISTRICTS), *_parts(_SHIPS), *_parts(_SHOPS), _COUNTRIES, _CAPITALS, _COUNTIES, _RIVERS]
    )
    written = " ".join([lists, *(" ".join(article.values()) for article in articles)])
    shared = sorted(corpus_names() & {word for word in re.findall(r"[^\W_]+", written) if _is_capitalised(word)})
    if told or shared:
        sys.exit(f"names of the corpus: {', '.join(shared) or 'none'}; what a prompt asks for: {', '.join(told) or 'none'}")


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Every five words in a row."""
    words = re.findall(r"[^\W_]+", text.lower())
    return frozenset(zip(*(words[start:] for start in range(5)), strict=False))


def alike(articles: Sequence[Mapping[str, str]], *, seed: int) -> list[float]:
    """Share of the shorter text's shingles that the other has too, for random pairs of one story type."""
    by_story = defaultdict(list)
    for article in articles:
        by_story[article["id"].rsplit("-", 2)[0]].append(article["text"])
    several = [texts for texts in by_story.values() if len(texts) > 1]
    rng = random.Random(seed)
    pairs = [rng.sample(rng.choice(several), 2) for _ in range(_PAIRS if several else 0)]
    made = [(shingles(left), shingles(right)) for left, right in pairs]
    return sorted(len(left & right) / min(len(left), len(right)) for left, right in made)


def write(articles: Sequence[Mapping[str, str]], folder: Path) -> list[Path]:
    """One JSON object a line; a second file only above the number that one may hold."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for start in range(0, max(len(articles), 1), _ARTICLES_A_FILE):
        part = f"-{start // _ARTICLES_A_FILE + 1}" if start else ""
        files.append(folder / f"distractors{part}.jsonl")
        lines = (json.dumps(article, ensure_ascii=False) + "\n" for article in articles[start : start + _ARTICLES_A_FILE])
        files[-1].write_text("".join(lines), encoding="utf-8")
    return files


def main() -> None:
    """Write the articles, check them and say what they are like."""
    parser = argparse.ArgumentParser(description="Writes generated news articles that resemble the sample corpus.")
    parser.add_argument("count", metavar="N", type=int, help="how many articles")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder for distractors.jsonl")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same articles (default: 7)")
    options = parser.parse_args()
    articles = list(generate(options.count, seed=options.seed))
    check_names(articles)
    lengths = sorted(len(article["text"].split()) for article in articles)
    print(f"{len(articles):,} articles of {len(_STORIES)} story types: {', '.join(map(str, write(articles, options.out)))}")
    if lengths:
        print(f"words: {lengths[0]} to {lengths[-1]}, median {statistics.median(lengths):.0f}")
    if shares := alike(articles, seed=options.seed):
        median = statistics.median(shares)
        print(f"shared five-word shingles over {len(shares):,} pairs of one type: median {median:.2f}, most {shares[-1]:.2f}")
        if median >= _MOST_ALIKE:
            sys.exit(f"the texts are too much alike: a median of {median:.2f}, at most {_MOST_ALIKE} is allowed")


if __name__ == "__main__":
    main()
