-- From schema 3 to 4: the language of an article, a primary tag of BCP 47 such as 'en'; NULL where it is not known.

ALTER TABLE versions ADD COLUMN language TEXT;
