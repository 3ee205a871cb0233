"""Registration with the engine: one call a step, each as soon as what it waits for is there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
import pulumi
from pulumi.runtime import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pulumi.runtime.proto import resource_pb2

    from gitops.model.plan import Step

K = TypeVar("K")
# What stands for a value that a preview can't know yet.
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_ENDED = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


async def register_steps(
    steps: Sequence[Step],
    request: Callable[[Step, Mapping[str, str]], resource_pb2.RegisterResourceRequest],
) -> Mapping[str, str]:
    """Register every step after those it names; gives each step's URN.

    `request` makes a step's request from the URNs of the steps before it.

    Raises:
        pulumi.RunError: the engine refused one; it has told why, and later steps were not registered.
    """
    urns: dict[str, str] = {}
    tasks: dict[str, asyncio.Task[None]] = {}

    async def register(step: Step) -> None:
        await asyncio.gather(*(tasks[name] for name in step.after))
        response = await _call(request(step, urns))
        if getattr(response, "result", 0):
            message = f"{step.name} failed"
            raise pulumi.RunError(message)
        urns[step.name] = response.urn

    for step in steps:
        tasks[step.name] = asyncio.ensure_future(register(step))
    results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return urns


async def register_all(requests: Mapping[K, resource_pb2.RegisterResourceRequest]) -> Mapping[K, str]:
    """Register what waits for nothing, side by side; gives each one's URN.

    Raises:
        pulumi.RunError: the engine refused one, or ended the run.
    """
    responses = await asyncio.gather(*map(_call, requests.values()))
    return {key: response.urn for key, response in zip(requests, responses, strict=True)}


async def provider_reference(provider: pulumi.ProviderResource) -> str:
    """How a request names its provider: URN and id."""
    urn, identity = await provider.urn.future(), await provider.id.future()
    return f"{urn}::{identity or _UNKNOWN}"


async def _call(request: resource_pb2.RegisterResourceRequest) -> Any:
    """One registration; the engine answers when the resource is there and ready."""
    register = settings.get_monitor().RegisterResource  # type: ignore[union-attr]
    start = getattr(register, "future", None)
    if start is None:  # the SDK's monitor for tests answers at once
        return register(request)
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[Any] = loop.create_future()
    call = start(request)

    def settle(_: object) -> None:
        if answered.done():
            return
        error = call.exception()
        if error is None:
            answered.set_result(call.result())
        else:
            answered.set_exception(_told(error, request.name))

    call.add_done_callback(lambda done: loop.call_soon_threadsafe(settle, done))
    return await answered


def _told(error: BaseException, name: str) -> Exception:
    code = error.code() if isinstance(error, grpc.Call) else None
    if code in _ENDED:
        return pulumi.RunError("the engine ended the run")
    details = error.details() if isinstance(error, grpc.Call) else error
    return pulumi.RunError(f"{name}: {details}")
