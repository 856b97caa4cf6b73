"""Errors of manifests, answers and the proxy."""

from __future__ import annotations

from sunbeam.catalogue.entry import Entry

MANIFESTS = (
    Entry(
        "answer-missing",
        "A question has no answer yet and no default fits this machine.",
        "Answer it, or set the key in a manifest: `sunbeam cluster bootstrap --manifest FILE`.",
    ),
    Entry(
        "answer-wrong",
        "What was answered cannot be; the text says why.",
        "Answer otherwise: at the question, with the option, or in the file.",
    ),
    Entry(
        "answers-missing",
        "The command must ask, but is not on a terminal.",
        "Set the keys that are listed in a manifest, `sunbeam cluster bootstrap --manifest FILE`, or"
        " add `--accept-defaults`.",
    ),
    Entry(
        "manifest-mistakes",
        "Files or answers say what cannot be; all mistakes are listed with their places.  Nothing was"
        " changed.",
        "Correct them; `sunbeam manifest lint FILE` looks again without a change.",
    ),
    Entry(
        "manifest-mistake",
        "A key is not known, a value is not possible, or two of them contradict each other.",
        "The text names the key and what it takes; `sunbeam manifest schema` has all keys.",
    ),
    Entry(
        "manifest-fixed",
        "The key cannot change any more, since something was made with its value.",
        "Take the change out of the manifest; `sunbeam manifest show` prints the cloud's values.",
    ),
    Entry(
        "manifest-damaged",
        "/etc/sunbeam/manifest.yaml is no manifest any more.",
        "`sunbeam manifest list` names the versions in the cluster store; write one of them back.",
    ),
    Entry(
        "manifest-unknown",
        "No version of the manifest has this number.",
        "`sunbeam manifest list` shows all.",
    ),
    Entry(
        "reference-unresolved",
        "`${env:NAME}` or `${file:PATH}` of the manifest stands for a variable or file that is not there.",
        "Export the variable or write the file; `sunbeam manifest show` prints the references.",
    ),
    Entry(
        "proxy-not-named",
        "`sunbeam proxy set` changes what is named, and nothing was.",
        "`sunbeam proxy set --http URL --https URL`.",
    ),
    Entry(
        "proxy-damaged",
        "The file with this node's proxy was changed by hand and is not JSON any more.",
        "`sunbeam proxy clear`, then `sunbeam proxy set --http URL --https URL`.",
    ),
    Entry(
        "proxy-no-url",
        "What a reference in `proxy.http` or `proxy.https` stands for is no URL; often a `/` or `@` in the"
        " password is not written as `%2F` or `%40`.",
        "Correct the variable or file, then `sunbeam proxy set --http URL --https URL` with the reference.",
    ),
    Entry(
        "proxy-not-seen",
        "The proxy was written, but models of the running cloud tell their charms another one.",
        "`sunbeam cluster start` starts sunbeamd again if it does not answer as it should.",
    ),
)
