"""Every error that Newsdesk raises on purpose; it knows nothing else of the project.

NewsdeskError                what the command line prints in one line (exit 1)
├── UsageError               the request or its input is wrong (exit 2)
│   ├── QuestionError        an empty or oversized question
│   ├── SourceError          a source that cannot be read at all
│   │   ├── RejectedFile     one file of a source, or one line of it, that was left out
│   │   └── FetchError       an address that was refused, or did not answer
│   ├── NoSuchArticle        an article or version that the library does not hold
│   ├── NoSuchConversation   a conversation that the library does not hold, or another owner's
│   └── NotAllowed           something that this person may not do
├── LibraryError             the library or its index cannot be used
│   ├── NoLibrary            nothing has been synced yet
│   ├── LibraryMismatch      made by another model, chunking or release
│   ├── StorageError         the disk is full, or the data folder cannot be written
│   ├── ServerError          the Chroma server does not answer, or not as one
│   └── IndexGone            the Chroma server answers, and does not hold the index
├── Crowded                  too many questions wait already
└── ModelError               a model's files are missing or not what they should be
    └── ChatModelError       the chat model cannot be used or does not answer
"""


class NewsdeskError(Exception):
    """Something that a reader can act on; the message says what happened, to what, and what to do."""


class UsageError(NewsdeskError):
    """The request or its input is wrong."""


class QuestionError(UsageError):
    """The question is empty or longer than is accepted."""


class SourceError(UsageError):
    """A source cannot be read at all."""


class RejectedFile(SourceError):
    """One file or line of a source was left out; the rest goes in."""


class FetchError(SourceError):
    """An address was refused, or did not answer."""


class NoSuchArticle(UsageError):
    """The library does not hold that article or that version of it."""


class NoSuchConversation(UsageError):
    """The library does not hold that conversation, or it is another owner's."""


class NotAllowed(UsageError):
    """Nobody is signed in, or somebody who may not do this."""


class LibraryError(NewsdeskError):
    """The library or its index cannot be used as it stands."""


class NoLibrary(LibraryError):
    """Nothing has been synced into this data folder yet."""


class LibraryMismatch(LibraryError):
    """The library was made by another model, chunking or release."""


class StorageError(LibraryError):
    """The disk is full, or the data folder cannot be written."""


class ServerError(LibraryError):
    """The Chroma server does not answer, or not as a Chroma server does; nothing is known of the index then."""


class IndexGone(LibraryError):
    """The Chroma server answers, and does not hold the index."""


class Crowded(NewsdeskError):
    """As many questions as may be wait already."""


class ModelError(NewsdeskError):
    """A model's files are missing or are not what they should be."""


class ChatModelError(ModelError):
    """The chat model cannot be used, or does not answer."""
