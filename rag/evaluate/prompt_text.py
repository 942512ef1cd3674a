"""Writes a test prompt in YAML as a person would; pure."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

_ORDER = ("description", "question", "history", "filters", "assert", "threshold", "metadata")
_LISTS = ("history", "assert")
# YAML 1.2, or a reader in a hurry, takes these for numbers, times and booleans.
_MISREAD = re.compile(r"[-+.]?\d[\d.,:_a-fxo+-]*|y|n", re.IGNORECASE)
# What JSON leaves as it is and YAML does not read.
_UNPRINTABLE = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")


class _Dumper(yaml.SafeDumper):
    """Quotes where it must, with double quotes only, and keeps every character that can be read."""

    def choose_scalar_style(self) -> str:
        style: str = super().choose_scalar_style()
        event = self.event
        assert isinstance(event, yaml.ScalarEvent)
        is_text = event.implicit[1]
        return '"' if style == "'" or (is_text and _MISREAD.fullmatch(event.value)) else style

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        quoted = json.dumps(text, ensure_ascii=False)
        self.write_indicator(_UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted), True)


def plain(value: Any) -> Any:
    """The value as YAML gives it back: dicts and lists."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def write_prompt(prompt: Mapping[str, Any]) -> str:
    """The prompt as an item of a list, at the margin: a line for each key, and one for each small map in it."""
    item = _Dumper(io.StringIO(), sort_keys=False).represent_data({key: prompt[key] for key in (*_ORDER, *prompt) if key in prompt})
    assert isinstance(item, yaml.MappingNode)
    item.flow_style = False
    for key, value in item.value:
        for node in value.value if key.value in _LISTS and isinstance(value, yaml.SequenceNode) else [value]:
            if isinstance(node, yaml.CollectionNode):
                node.flow_style = True
    listed = yaml.SequenceNode("tag:yaml.org,2002:seq", [item], flow_style=False)
    return str(yaml.serialize(listed, Dumper=_Dumper, allow_unicode=True, width=10**6))
