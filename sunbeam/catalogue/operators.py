"""Errors of operators and of the Terraform modules that deploy them."""

from __future__ import annotations

from sunbeam.catalogue.entry import Entry

OPERATORS = (
    Entry(
        "juju-refused",
        "The Juju API refused a request; its words are in the text.",
        "`sunbeam juju status` shows what there is.",
    ),
    Entry(
        "juju-not-found",
        "What was named is not in the model, or not any more.",
        "`sunbeam juju status` shows what there is.",
    ),
    Entry(
        "juju-already-exists",
        "Something with this name exists already.",
        "`sunbeam juju status` shows it.",
    ),
    Entry(
        "juju-not-implemented",
        "The controller cannot do this.",
        "Use a controller of a version that can.",
    ),
    Entry(
        "juju-unreachable",
        "sunbeamd does not run, or is too busy to answer.",
        "`sunbeam cluster status`; `sunbeam cluster start`.",
    ),
    Entry(
        "juju-login-refused",
        "The password of the Juju API was changed, or these credentials are of another cloud.",
        "`sunbeam juju data-dir` has those of this one.",
    ),
    Entry(
        "juju-credentials-missing",
        "There are no credentials of a controller in this folder.",
        "`sunbeam cluster bootstrap` writes them.",
    ),
    Entry(
        "charm-store-unsupported",
        "Charms of this cloud come as files; there is no charm store.",
        "Deploy a packed charm: local_charm in Terraform.",
    ),
    Entry(
        "charm-unreadable",
        "The file is no packed charm, or cannot be read.",
        "`sunbeam cluster bootstrap` packs the shipped charms again.",
    ),
    Entry(
        "charm-not-packed",
        "The charm's folder lacks something that is needed, or names another platform.",
        "Correct what the text names.",
    ),
    Entry(
        "charm-libraries-missing",
        "Python packages that charms take along are not installed beside Sunbeam.",
        "Install Sunbeam again with all its dependencies.",
    ),
    Entry(
        "resource-unknown",
        "The charm declares no resource with this name.",
        "The text lists those it has.",
    ),
    Entry(
        "constraint-wrong",
        "The text is no constraint such as mem=2G.",
        "Write it as KEY=VALUE.",
    ),
    Entry(
        "action-failed",
        "The charm's action failed; its message is in the text.",
        "`sunbeam debug log --unit UNIT`.",
    ),
    Entry(
        "terraform-failed",
        "A Terraform run failed; its diagnostics are in the text.",
        "`sunbeam plans show MODULE` shows the state; then `sunbeam resume`.",
    ),
    Entry(
        "terraform-locked",
        "A run that was killed left the lock of a module's state behind.",
        "`sunbeam plans unlock MODULE --force` if no other machine runs it.",
    ),
    Entry(
        "state-locked",
        "Another run works on the module, or was killed on another machine.",
        "Wait for it, or `sunbeam plans unlock MODULE`.",
    ),
    Entry(
        "state-server-unknown",
        "The files that tell where states are were not written yet.",
        "`sunbeam cluster bootstrap` writes them.",
    ),
    Entry(
        "state-server-silent",
        "sunbeamd, which serves the states of modules, does not answer.",
        "`sunbeam cluster start`.",
    ),
    Entry(
        "state-server-refused",
        "sunbeamd refused a request for a state; its words are in the text.",
        "`sunbeam plans list` shows the states.",
    ),
    Entry(
        "module-unknown",
        "No root module has this name here.",
        "`sunbeam plans list` shows all.",
    ),
    Entry(
        "module-without-state",
        "The module was never applied.",
        "`sunbeam plans list` shows those that were.",
    ),
    Entry(
        "module-in-use",
        "A run holds the lock of the module.",
        "Wait for it, or `sunbeam plans unlock MODULE --force`.",
    ),
)
