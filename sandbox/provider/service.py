"""The engine's protocol: requests into calls, results and failures into answers.

The protocol is `pulumi/provider.proto`; its method names are spelled as it spells them.
"""
# ruff: noqa: N802

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import grpc

from gitops.model.errors import GitOpsError
from sandbox.provider import checking, comparing, operations, settings
from sandbox.provider.cluster import Cluster
from sandbox.provider.diff import ADD, DELETE, parse_path
from sandbox.provider.failures import InitError, OperationError
from sandbox.provider.protos import (
    any_pb2,
    empty_pb2,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)
from sandbox.provider.values import decode, encode, reveal, without_nulls

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.provider.engine import Engine
    from sandbox.provider.immutable import Path

VERSION = "4.34.2"
_DETAILS = "grpc-status-details-bin"
_KINDS = {
    (ADD, False): provider_pb2.PropertyDiff.ADD,
    (ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
}


def _answering(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """Turn a failure into the gRPC error the engine expects: UNKNOWN, with a detail if half done."""

    @functools.wraps(method)
    def answer(self: Any, request: Any, context: Any) -> Any:
        try:
            return method(self, request, context)
        except InitError as error:
            detail = any_pb2.Any()
            detail.Pack(
                provider_pb2.ErrorResourceInitFailed(
                    id=error.id,
                    properties=encode(error.properties),
                    reasons=error.reasons,
                    inputs=encode(error.inputs) if error.inputs else None,
                )
            )
            status = status_pb2.Status(
                code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail]
            )
            context.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except (OperationError, GitOpsError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except (RecursionError, TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
            what = f"{type(error).__name__} in {method.__name__} of {getattr(request, 'urn', '') or 'a call'}"
            context.abort(grpc.StatusCode.UNKNOWN, f"an object of a shape that can't be handled: {what}")

    return answer


def _is_definition(inputs: Any) -> bool:
    return (
        inputs.fields["kind"].string_value == "CustomResourceDefinition" if "kind" in inputs.fields else False
    )


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider process: configured once, then asked from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cluster = Cluster(settings.Settings(), engine.warn)

    @_answering
    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        """The version that this provider answers like."""
        return plugin_pb2.PluginInfo(version=VERSION)

    @_answering
    def Attach(self, request: Any, _context: Any) -> Any:
        """Serve another engine from now on."""
        self._engine.attach(request.address)
        return empty_pb2.Empty()

    @_answering
    def Cancel(self, _request: Any, _context: Any) -> Any:
        """End every wait; what was waited for comes back as not ready."""
        self._cluster.cancel()
        return empty_pb2.Empty()

    @_answering
    def CheckConfig(self, request: Any, _context: Any) -> Any:
        """The provider's arguments as they are, or why one of them won't do."""
        news = decode(request.news)
        failures = []
        if not settings.read(reveal(news)).server_side:
            reason = "this provider speaks server-side apply only → leave enableServerSideApply on"
            failures = [provider_pb2.CheckFailure(property="enableServerSideApply", reason=reason)]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @_answering
    def DiffConfig(self, request: Any, _context: Any) -> Any:
        """Which arguments changed, and whether they mean another cluster."""
        olds, news = (without_nulls(reveal(decode(side))) for side in (request.olds, request.news))
        changed, replaces = settings.difference(olds, news)
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=some if changed else none, diffs=changed, replaces=replaces)

    @_answering
    def Configure(self, request: Any, _context: Any) -> Any:
        """Remember the settings; the cluster is reached when it is first needed."""
        given = {**reveal(decode(request.args)), **dict(request.variables)}
        self._cluster = Cluster(settings.read(given), self._engine.warn)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @_answering
    def Check(self, request: Any, _context: Any) -> Any:
        """The inputs as they will be remembered."""
        if (
            request.news.fields
            and request.news == request.olds
            and not self._cluster.settings.skip_update_unreachable
        ):
            return provider_pb2.CheckResponse(
                inputs=request.news
            )  # checked before, and checking is idempotent
        olds, news = decode(request.olds), decode(request.news)
        if self._cluster.settings.skip_update_unreachable and olds and self._cluster.trouble():
            self._engine.warn(f"{request.urn} is left as it is: the cluster can't be reached")
            return provider_pb2.CheckResponse(inputs=request.olds)
        proposed = request.autonaming.proposed_name if request.HasField("autonaming") else ""
        checked = checking.check(self._cluster, request.urn, reveal(olds), news, request.randomSeed, proposed)
        return provider_pb2.CheckResponse(inputs=encode(checked))

    @_answering
    def Diff(self, request: Any, _context: Any) -> Any:
        """What the engine has to do."""
        if _is_definition(request.news) and request.news == request.old_inputs:
            # a CRD's schema is so large that walking it costs more than everything else of a run; what a
            # refresh finds is in the old inputs too
            return provider_pb2.DiffResponse(
                changes=provider_pb2.DiffResponse.DIFF_NONE, hasDetailedDiff=True
            )
        olds, news = decode(request.olds), without_nulls(decode(request.news))
        found = comparing.difference(self._cluster, olds, news, list(request.ignoreChanges))
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some if found.changes or found.replaces else none,
            replaces=found.replaces,
            deleteBeforeReplace=found.delete_first,
            hasDetailedDiff=True,
            detailedDiff={
                change.path: provider_pb2.PropertyDiff(kind=_kind(change), inputDiff=change.kind == DELETE)
                for change in found.changes
            },
        )

    @_answering
    def Create(self, request: Any, _context: Any) -> Any:
        """Create the object and wait until it is ready."""
        given = without_nulls(decode(request.properties))
        identity, properties = operations.create(self._call(request), given, preview=request.preview)
        return provider_pb2.CreateResponse(id=identity, properties=encode(properties))

    @_answering
    def Update(self, request: Any, _context: Any) -> Any:
        """Bring the object to the new inputs and wait until it is ready."""
        olds, given = decode(request.olds), without_nulls(decode(request.news))
        ignored: list[Path] = [parse_path(path) for path in request.ignoreChanges]
        properties = operations.update(self._call(request), olds, given, ignored, preview=request.preview)
        return provider_pb2.UpdateResponse(properties=encode(properties))

    @_answering
    def Read(self, request: Any, _context: Any) -> Any:
        """The object as it is now; an empty id says that it is gone."""
        olds, given = decode(request.properties), without_nulls(decode(request.inputs))
        found = operations.read(self._call(request), request.id, checking.kind_of(request.urn), olds, given)
        if found is None:
            return provider_pb2.ReadResponse()
        identity, properties, inputs = found
        return provider_pb2.ReadResponse(id=identity, properties=encode(properties), inputs=encode(inputs))

    @_answering
    def Delete(self, request: Any, _context: Any) -> Any:
        """Delete the object and wait until it is gone."""
        operations.delete(self._call(request), decode(request.properties))
        return empty_pb2.Empty()

    def _call(self, request: Any) -> operations.Call:
        tell = self._engine.status(request.urn)
        return operations.Call(self._cluster, float(getattr(request, "timeout", 0) or 0), tell)


def _kind(change: Any) -> Any:
    default = (
        provider_pb2.PropertyDiff.UPDATE_REPLACE if change.replaces else provider_pb2.PropertyDiff.UPDATE
    )
    return _KINDS.get((change.kind, change.replaces), default)
