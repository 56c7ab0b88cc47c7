"""ExternalSecret: spec and status as the API holds them.

Source: the reference's CRD ``external-secrets.io/v1``. Values that the API leaves out get the reference's defaults
here, because the CRDs of esoctl carry none (no drift for GitOps tools). Nothing here decides; ``plan`` does.
"""

from enum import StrEnum

import msgspec

from esoctl.model import durations, misfit
from esoctl.model.conditions import Condition
from esoctl.model.meta import Meta, Wire
from esoctl.model.remote import MetadataPolicy
from esoctl.model.rewrites import Rewrite

HOUR = 3_600_000_000_000


class CreationPolicy(StrEnum):
    """Who may create the target, and who owns it."""

    OWNER = "Owner"
    ORPHAN = "Orphan"
    MERGE = "Merge"
    CREATE_OR_MERGE = "CreateOrMerge"
    NONE = "None"


class DeletionPolicy(StrEnum):
    """What happens to the target when the provider has the values no more."""

    RETAIN = "Retain"
    DELETE = "Delete"
    MERGE = "Merge"


class RefreshPolicy(StrEnum):
    """When values are fetched again."""

    PERIODIC = "Periodic"
    CREATED_ONCE = "CreatedOnce"
    ON_CHANGE = "OnChange"


class ConversionStrategy(StrEnum):
    """How characters that a Secret key cannot hold are replaced."""

    DEFAULT = "Default"
    UNICODE = "Unicode"


class DecodingStrategy(StrEnum):
    """How a fetched or rendered value is decoded."""

    AUTO = "Auto"
    BASE64 = "Base64"
    BASE64_URL = "Base64URL"
    NONE = "None"


class NullBytePolicy(StrEnum):
    """What a value with a NUL byte means."""

    IGNORE = "Ignore"
    FAIL = "Fail"


class TemplateScope(StrEnum):
    """Whether a rendered text is one value, or a YAML mapping of keys and values."""

    VALUES = "Values"
    KEYS_AND_VALUES = "KeysAndValues"


class MergePolicy(StrEnum):
    """Whether the rendered keys replace the fetched ones or are added to them."""

    REPLACE = "Replace"
    MERGE = "Merge"


class WindowKind(StrEnum):
    """Whether refreshes happen inside the windows or outside them."""

    ALLOW = "allow"
    DENY = "deny"


class NamedStore(Wire, frozen=True):
    """``secretStoreRef`` and ``sourceRef.storeRef``; an empty kind means SecretStore."""

    name: str = ""
    kind: str = ""


class GeneratorRef(Wire, frozen=True):
    """``sourceRef.generatorRef``."""

    kind: str = ""
    name: str = ""
    api_version: str = "generators.external-secrets.io/v1alpha1"


class SourceRef(Wire, frozen=True):
    """Where one entry reads from, when not from the main store."""

    store_ref: NamedStore | None = None
    generator_ref: GeneratorRef | None = None


class RemoteRef(Wire, frozen=True):
    """``remoteRef`` of a data entry, and ``extract`` of a dataFrom entry."""

    key: str = ""
    property: str = ""
    version: str = ""
    metadata_policy: MetadataPolicy = MetadataPolicy.NONE
    conversion_strategy: ConversionStrategy = ConversionStrategy.DEFAULT
    decoding_strategy: DecodingStrategy = DecodingStrategy.NONE
    null_byte_policy: NullBytePolicy = NullBytePolicy.IGNORE


class FindName(Wire, frozen=True):
    """``find.name``: a regular expression searched for in the full remote name."""

    regexp: str | None = None


class FindSpec(Wire, frozen=True):
    """``find`` of a dataFrom entry."""

    path: str | None = None
    name: FindName | None = None
    tags: dict[str, str] | None = None
    conversion_strategy: ConversionStrategy = ConversionStrategy.DEFAULT
    decoding_strategy: DecodingStrategy = DecodingStrategy.NONE
    null_byte_policy: NullBytePolicy = NullBytePolicy.IGNORE
    property: str | None = None
    """Not a field: put there by mistake it would be ignored. Kept so that it can be told."""


class DataEntry(Wire, frozen=True):
    """One entry of ``spec.data``: one remote value under one key."""

    secret_key: str
    remote_ref: RemoteRef
    source_ref: SourceRef | None = None


class DataFromEntry(Wire, frozen=True):
    """One entry of ``spec.dataFrom``: many values at once."""

    extract: RemoteRef | None = None
    find: FindSpec | None = None
    source_ref: SourceRef | None = None
    rewrite: list[Rewrite] = []


class TemplateItem(Wire, frozen=True):
    """One key of a ConfigMap or Secret that holds a template."""

    key: str
    template_as: TemplateScope = TemplateScope.VALUES


class TemplateSource(Wire, frozen=True):
    """A ConfigMap or Secret that holds templates."""

    name: str
    items: list[TemplateItem] = []


class TemplateFrom(Wire, frozen=True):
    """One entry of ``template.templateFrom``; its parts are taken in the order configMap, secret, literal."""

    config_map: TemplateSource | None = None
    secret: TemplateSource | None = None
    literal: str | None = None
    target: str = ""
    values_decoding_strategy: DecodingStrategy = DecodingStrategy.NONE


class TemplateMetadata(Wire, frozen=True):
    """Labels and annotations are templates themselves."""

    annotations: dict[str, str] = {}
    labels: dict[str, str] = {}
    finalizers: list[str] = []


class Template(Wire, frozen=True):
    """``spec.target.template``."""

    type: str = ""
    engine_version: str = "v2"
    metadata: TemplateMetadata = TemplateMetadata()
    data: dict[str, str] = {}
    merge_policy: MergePolicy = MergePolicy.REPLACE
    template_from: list[TemplateFrom] = []


class ManifestRef(Wire, frozen=True):
    """The kind of a target that is no Secret."""

    api_version: str = ""
    kind: str = ""


class Target(Wire, frozen=True):
    """``spec.target``; an empty name means the ExternalSecret's own."""

    name: str = ""
    creation_policy: CreationPolicy = CreationPolicy.OWNER
    deletion_policy: DeletionPolicy = DeletionPolicy.RETAIN
    immutable: bool = False
    template: Template | None = None
    manifest: ManifestRef | None = None


class SyncWindow(Wire, frozen=True):
    """A cron schedule and how long the window stays open from each of its times; the duration is Go's."""

    schedule: str
    duration: str


class SyncWindows(Wire, frozen=True):
    """``spec.syncWindows``."""

    kind: WindowKind
    windows: list[SyncWindow] = []


class ExternalSecretSpec(Wire, frozen=True):
    """``spec`` of an ExternalSecret."""

    secret_store_ref: NamedStore = NamedStore()
    refresh_policy: RefreshPolicy = RefreshPolicy.PERIODIC
    refresh_interval: str | None = None
    """A Go duration; None means one hour, zero or less means never by time alone."""
    sync_windows: SyncWindows | None = None
    target: Target = Target()
    data: list[DataEntry] = []
    data_from: list[DataFromEntry] = []

    def __post_init__(self) -> None:
        try:
            self.interval_nanoseconds  # noqa: B018  the check is the parsing
        except ValueError as error:
            message = f"refreshInterval: {error}; write it with the units h, m and s, such as 24h0m0s"
            raise ValueError(message) from None

    @property
    def interval_nanoseconds(self) -> int:
        return HOUR if self.refresh_interval is None else durations.parse(self.refresh_interval)


class Binding(Wire, frozen=True):
    """``status.binding``: the Secret, as servicebinding.io wants it named."""

    name: str = ""


class ExternalSecretStatus(Wire, frozen=True):
    """``status`` of an ExternalSecret."""

    refresh_time: str | None = None
    """Start of the last successful sync, in whole seconds."""
    synced_resource_version: str = ""
    conditions: list[Condition] = []
    binding: Binding = Binding()


class ExternalSecret(Wire, frozen=True):
    """One ExternalSecret; an object stored without a spec decodes with ``spec`` None."""

    metadata: Meta
    spec: ExternalSecretSpec | None = None
    status: ExternalSecretStatus = ExternalSecretStatus()
    unfit: tuple[str, str] = msgspec.field(name=" unfit", default=("", ""))
    """(path, problem) of a spec that does not decode; the spec is None then."""

    @property
    def target_name(self) -> str:
        return (self.spec.target.name if self.spec else "") or self.metadata.name


class _Head(Wire, frozen=True):
    metadata: Meta
    status: ExternalSecretStatus = ExternalSecretStatus()


def decode(raw: bytes | msgspec.Raw) -> ExternalSecret:
    """Decode one object. A spec that does not fit is told by ``unfit``, so that the object can say so itself.

    Raises msgspec.ValidationError only when not even metadata and status can be read.
    """
    try:
        return _decoder.decode(raw)
    except msgspec.ValidationError as error:
        head = _head.decode(raw)
        return ExternalSecret(head.metadata, None, head.status, misfit.describe(error))


def after(known: ExternalSecret, fresh: ExternalSecret) -> ExternalSecret:
    """The newer state of an object, with the very spec of the older one where both are equal.

    Most changes are of the status, and what was worked out of a spec holds for as long as it is the same one.
    """
    return msgspec.structs.replace(fresh, spec=known.spec) if fresh.spec == known.spec else fresh


_decoder = msgspec.json.Decoder(ExternalSecret)
_head = msgspec.json.Decoder(_Head)
