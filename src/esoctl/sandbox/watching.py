"""Streams the changes of a resource to one client.

A watch begins with synthetic additions or at a revision, follows the history of its shelf, translates changes for its
selector, and sends bookmarks. Who falls behind the window of history gets the error ``Expired`` and the end of the
stream, as from a compacted etcd (k8s.io/apiserver ``storage/cacher``).
"""

from collections import deque

import anyio

from esoctl.sandbox import lookup, reading, statuses, views
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.requests import Call
from esoctl.sandbox.store import Change, Happened
from esoctl.sandbox.world import World


class Watch:
    """One stream of watch events. ``next`` answers the next event, None at the end."""

    def __init__(self, world: World, call: Call) -> None:
        reading.check_watch_options(call.options)
        self._world = world
        self._call = call
        self._view = views.choose(call.request.header("accept"), call.options.text("includeObject"))
        self._selector = reading.select(call)
        self._shelf = world.store.shelf(call.resource.key)
        self._cursor = world.store.revision
        self._pending: deque[Doc] = deque()
        self._headed = True
        self._over = False
        self._episode = self._shelf.episode
        self._bookmarks = call.options.flag("allowWatchBookmarks")
        self._seconds = float(call.options.number("timeoutSeconds") or world.settings.watch_seconds)
        self._deadline: float | None = None
        self._next_bookmark = 0.0
        self._begin()

    def _begin(self) -> None:
        options = self._call.options
        if words := reading.unreadable_revision(options):
            self._fail(statuses.unclassified(words).status)
            return
        asked = reading.revision(options, "resourceVersion")
        if options.flag("sendInitialEvents"):
            if asked > self._cursor:
                self._fail(statuses.future_version(asked, self._cursor).status)
                return
            self._add_existing()
            if self._bookmarks:
                self._bookmark(initial_end=True)
        elif options.has("sendInitialEvents"):
            self._cursor = max(asked, self._cursor)
        elif not asked:
            self._add_existing()
        elif asked < self._shelf.floor:
            self._fail(statuses.too_old(asked, self._shelf.floor).status)
        else:
            self._cursor = asked

    @property
    def view(self) -> views.View:
        return self._view

    async def next(self) -> Doc | None:
        """The next event; waits for it. None when the time of the watch is over or the resource is gone."""
        now = anyio.current_time()
        if self._deadline is None:
            self._deadline = now + self._seconds
            self._next_bookmark = now + self._world.settings.bookmark_seconds
        while not self._pending and not self._over:
            self._collect()
            if self._pending or self._over:
                break
            await self._wait(self._deadline)
        return self._pending.popleft() if self._pending else None

    async def _wait(self, deadline: float) -> None:
        """Until something changed, a bookmark is due, or the watch's time is over."""
        until = min(deadline, self._next_bookmark) if self._bookmarks else deadline
        with anyio.CancelScope(deadline=until):
            await self._shelf.changed(self._cursor, self._episode)
            return
        now = anyio.current_time()
        if now >= deadline:
            self._over = True
        elif self._bookmarks and now >= self._next_bookmark:
            self._next_bookmark = now + self._world.settings.bookmark_seconds
            self._collect()
            self._bookmark(initial_end=False)

    def _collect(self) -> None:
        """Queue what happened since the cursor."""
        if self._cursor < self._shelf.floor:
            self._fail(statuses.too_old(self._cursor, self._shelf.floor).status)
            return
        for change in self._shelf.after(self._cursor):
            self._cursor = change.revision
            self._translate(change)
        if self._shelf.episode != self._episode:
            self._over = True

    def _add_existing(self) -> None:
        for place in self._shelf.places():
            doc = self._world.present(self._call.resource, self._shelf.objects[place])
            if self._in_scope(doc) and self._selector.admits(doc):
                self._emit("ADDED", doc)

    def _in_scope(self, doc: Doc) -> bool:
        wanted = self._call.namespace if self._call.resource.namespaced else ""
        return not wanted or lookup.namespace_of(doc) == wanted

    def _translate(self, change: Change) -> None:
        """A change as the selector sees it: what begins to fit is added, what ceases to fit is deleted."""
        doc = self._world.present(self._call.resource, change.doc)
        if not self._in_scope(doc):
            return
        fits = change.happened is not Happened.DELETED and self._selector.admits(doc)
        before = change.previous and self._world.present(self._call.resource, change.previous)
        fitted = before is not None and self._selector.admits(before)
        if fits:
            self._emit("MODIFIED" if fitted else "ADDED", doc)
        elif fitted and before is not None:
            meta: Doc = {**lookup.meta(before), "resourceVersion": str(change.revision)}
            self._emit("DELETED", {**before, "metadata": meta})

    def _emit(self, kind: str, doc: Doc) -> None:
        if self._view.shape is views.Shape.TABLE:
            meta: Doc = {"resourceVersion": lookup.revision_of(doc)}
            now = self._world.now()
            shown = views.table(self._view, self._call.resource, [doc], meta, now, headed=self._headed)
            self._headed = False
        else:
            shown = views.one(self._view, self._call.resource, doc, "")
        self._pending.append({"type": kind, "object": shown})

    def _bookmark(self, *, initial_end: bool) -> None:
        self._cursor = max(self._cursor, self._world.store.revision)
        shown = views.bookmark(self._view, self._call.resource, self._cursor, initial_end=initial_end)
        self._pending.append({"type": "BOOKMARK", "object": shown})

    def _fail(self, status: Doc) -> None:
        self._pending.append({"type": "ERROR", "object": status})
        self._over = True
