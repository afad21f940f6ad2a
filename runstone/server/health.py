"""Is it alive, can it serve, how is it doing."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from runstone.domain.errors import RunstoneError
from runstone.server.observing import Metrics
from runstone.store.opening import Store


def health_routes(store: Store, metrics: Metrics) -> list[BaseRoute]:
    """`/healthz`, `/ready` and `/metrics`, open to everybody: none of them tells about anybody's work."""

    async def healthz(request: Request) -> Response:
        """GET /healthz: the process answers."""
        return JSONResponse({"status": "alive"})

    async def ready(request: Request) -> Response:
        """GET /ready: the database answers and files can be kept; else 503 with the reason."""
        try:
            await run_in_threadpool(store.check)
        except RunstoneError as error:
            return JSONResponse({"status": "not ready", "reason": error.message}, 503)
        return JSONResponse({"status": "ready"})

    async def shown_metrics(request: Request) -> Response:
        """GET /metrics: for Prometheus."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/ready", ready), Route("/metrics", shown_metrics)]
