"""The installation as its administrators see it: people, waiting work, health."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from runstone.actions.access import require_admin
from runstone.actions.sign_in import create_sign_in_link
from runstone.webapi.requests import Asked

router = APIRouter(prefix="/api/admin", tags=["administration"])

MOST_JOBS = 200


class Person(BaseModel):
    """Somebody with an account."""

    username: str
    name: str
    email: str | None
    admin: bool
    service: bool
    has_password: bool
    created_at: datetime


class People(BaseModel):
    """Everybody, by name."""

    people: list[Person]


class SignInLink(BaseModel):
    """Works once, for a day."""

    username: str
    link: str


class Job(BaseModel):
    """Background work; `last_error` says why it failed the last time, and it is tried again."""

    kind: str
    subject: str
    due_at: datetime
    attempts: int
    running: bool
    last_error: str | None


class Jobs(BaseModel):
    """Failed work first."""

    jobs: list[Job]


class Health(BaseModel):
    """Where the installation stands. Free and total bytes are of the disk that files are on; None where
    they are in a bucket."""

    version: str
    database: str
    database_bytes: int
    blobs: str
    disk_free_bytes: int | None
    disk_total_bytes: int | None
    failed_jobs: int


@router.get("/users")
def people(ask: Asked) -> People:
    """Everybody with an account."""
    require_admin(ask.viewer)
    with ask.store.reading() as reads:
        rows = reads.all_users(ask.viewer)
    return People(
        people=[
            Person(
                username=row.username,
                name=row.name,
                email=row.email,
                admin=row.admin,
                service=row.service,
                has_password=bool(row.password_hash),
                created_at=row.created_at,
            )
            for row in rows
        ]
    )


@router.post("/users/{username}/link")
def sign_in_link(ask: Asked, username: str) -> SignInLink:
    """A fresh sign-in link for somebody."""
    require_admin(ask.viewer)
    token = create_sign_in_link(ask.store, username, ask.now)
    return SignInLink(username=username, link=f"{ask.base_url}/login?token={token}")


@router.get("/jobs")
def jobs(ask: Asked) -> Jobs:
    """Background work that waits, is being done, or failed."""
    require_admin(ask.viewer)
    with ask.store.reading() as reads:
        rows = reads.waiting_jobs(ask.viewer, MOST_JOBS)
    return Jobs(
        jobs=[
            Job(
                kind=row.kind,
                subject=row.subject,
                due_at=row.due_at,
                attempts=row.attempts,
                running=row.lease_until is not None and row.lease_until > ask.now,
                last_error=row.last_error,
            )
            for row in rows
        ]
    )


@router.get("/health")
def health(ask: Asked) -> Health:
    """Disk, database and failed work."""
    require_admin(ask.viewer)
    with ask.store.reading() as reads:
        size = reads.database_bytes(ask.viewer)
        failed = sum(1 for row in reads.waiting_jobs(ask.viewer, MOST_JOBS) if row.last_error)
    space = ask.store.disk()
    return Health(
        version=ask.version,
        database="SQLite" if ask.store.database.is_sqlite else "PostgreSQL",
        database_bytes=size,
        blobs="a bucket" if space is None else "a directory",
        disk_free_bytes=None if space is None else space[0],
        disk_total_bytes=None if space is None else space[1],
        failed_jobs=failed,
    )
