"""Protobuf messages declared by a table: no generated module is needed, nor the package that has it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass


class DeclaredMessages:
    """The messages of a package, by a table of theirs.

    A message's fields are `name:number:type`; `*` marks a repeated field, `|` the name of its oneof. A type
    is another message of the table, or one of protobuf's. Fields that are not declared are passed over.
    """

    def __init__(self, package: str, messages: Mapping[str, str]) -> None:
        self._package = package
        self._messages = messages

    @cache  # noqa: B019 -- there are a few of these, for as long as the program runs
    def __call__(self, name: str) -> Any:
        """Return the class of a message by its name in the table."""
        return GetMessageClass(self._pool().FindMessageTypeByName(f"{self._package}.{name}"))

    @cache  # noqa: B019 -- as above
    def _pool(self) -> Any:
        name = f"{self._package.replace('.', '_')}.proto"
        file = FileDescriptorProto(name=name, package=self._package, syntax="proto3")
        for name, fields in self._messages.items():
            message = file.message_type.add(name=name)
            for text in fields.split():
                self._declare_field(message, text)
        pool = DescriptorPool()  # our own, so that the framework's package may be loaded beside us
        pool.Add(file)
        return pool

    def _declare_field(self, message: Any, text: str) -> None:
        name, number, kind = text.split(":")
        kind, _, oneof = kind.partition("|")
        repeated = kind.endswith("*")
        kind = kind.rstrip("*")
        field = message.field.add(name=name, number=int(number))
        field.label = FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
        if kind in self._messages:
            field.type = FieldDescriptorProto.TYPE_MESSAGE
            field.type_name = f".{self._package}.{kind}"
        else:
            field.type = getattr(FieldDescriptorProto, f"TYPE_{kind.upper()}")
        if oneof:
            if not message.oneof_decl:
                message.oneof_decl.add(name=oneof)
            field.oneof_index = 0
