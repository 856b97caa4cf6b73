"""Errors of commands and of changes as such."""

from __future__ import annotations

from sunbeam.catalogue.entry import Entry

COMMANDS = (
    Entry(
        "root-needed",
        "The command changes the machine or reads secrets, which only root may.",
        "Put `sudo` before the command.",
    ),
    Entry(
        "options-exclude-each-other",
        "Two options were given of which one is enough.",
        "Leave one out.",
    ),
    Entry(
        "error-unknown",
        "The catalogue has no error with this id; it may be of another version of Sunbeam.",
        "`sunbeam explain` lists all of this version.",
    ),
    Entry(
        "unknown-error",
        "A program error of Sunbeam, or a trouble of the machine that nobody foresaw; the traceback"
        " is above.",
        "Type the command again; if it fails again, `sunbeam support-bundle` collects what helps to"
        " find out why.",
    ),
    Entry(
        "interrupted",
        "Ctrl-C or SIGTERM ended the command.  What was done so far is on record.",
        "The same command, or `sunbeam resume`, continues.",
    ),
    Entry(
        "person-needed",
        "A task cannot go on before a person has done something, which its text names.",
        "Do that, then `sunbeam resume`.",
    ),
    Entry(
        "problems-found",
        "Checks before the first change found what would make it fail.  Nothing was changed.",
        "Deal with each problem; `sunbeam check --fix` applies the fixes that are safe.",
    ),
    Entry(
        "file-exists",
        "The command writes a new file and replaces none.",
        "Name another file, or remove the one that is there.",
    ),
    Entry(
        "file-not-written",
        "A folder has this name, or the new file's folder does not exist, is read-only, not yours or full;"
        " the text says which.",
        "Name a file in a folder of yours, or make room.",
    ),
    Entry(
        "output-not-written",
        "What a command prints was led to a file or program that does not take it, such as to a full disk.",
        "Lead it elsewhere, or make room.  The command itself may have done its work.",
    ),
    Entry(
        "removal-not-confirmed",
        "All VMs, images and databases would be deleted, and nobody agreed.",
        "`sunbeam cluster destroy --yes` if that is wanted.",
    ),
    Entry(
        "fix-unknown",
        "No fix has this name.",
        "`sunbeam check` names the fixes of what it finds.",
    ),
    Entry(
        "image-unknown",
        "No recipe has this name.",
        "`sunbeam image list` shows all.",
    ),
    Entry(
        "change-running",
        "One change at a time is made on a machine, and another process makes one now.",
        "`sunbeam attach` follows it; the command can be typed again when it has ended.",
    ),
    Entry(
        "change-unknown",
        "The journal has no such change.",
        "`sunbeam changes` lists all.",
    ),
    Entry(
        "change-cut-off",
        "The process that made the change was killed, or the machine went down.",
        "`sunbeam resume` continues where it was.",
    ),
    Entry(
        "change-unfinished",
        "A change was interrupted, failed, or waits for a person.",
        "`sunbeam resume` continues it; `sunbeam tasks CHANGE` shows how far it came.",
    ),
    Entry(
        "change-superseded",
        "A later change of the same kind was begun meanwhile: going on with the earlier one would"
        " take it back.",
        "`sunbeam changes` shows both; continue the later one with `sunbeam resume`.",
    ),
    Entry(
        "change-undone",
        "The change was undone, or is being undone.",
        "`sunbeam changes` shows it; type the first command again to make it anew.",
    ),
    Entry(
        "nothing-to-continue",
        "The change came to its end, or was undone.",
        "`sunbeam changes` shows which are unfinished.",
    ),
    Entry(
        "another-intent",
        "A change of this kind is unfinished and wants something else: going on takes what it did as it is.",
        "`sunbeam tasks CHANGE` shows what that is; `sunbeam resume` continues the earlier one.",
    ),
    Entry(
        "task-unknown",
        "The change has no task with this id.",
        "`sunbeam tasks CHANGE` lists them.",
    ),
    Entry(
        "undo-impossible",
        "What the change did cannot be taken back, or not before what was built upon it.",
        "The text names the command that leads back; `sunbeam changes` shows later changes.",
    ),
    Entry(
        "undo-loses-data",
        "Undoing would delete what people made since, which is listed.",
        "`sunbeam undo CHANGE --yes` if that is wanted.",
    ),
    Entry(
        "undo-not-confirmed",
        "Nobody agreed to lose what was listed.",
        "`sunbeam undo CHANGE` asks again.",
    ),
    Entry(
        "log-missing",
        "The log of the change was removed, for example with the cloud.",
        "`sunbeam changes` shows what the journal still knows.",
    ),
    Entry(
        "kind-unknown",
        "The journal holds a change that another version of Sunbeam made.",
        "Use that version; `sunbeam changes` shows the record.",
    ),
    Entry(
        "request-outdated",
        "Another version of Sunbeam recorded what was wanted in another form.",
        "Type the first command again with what you want; `sunbeam changes` names it.",
    ),
    Entry(
        "tasks-failed",
        "Several tasks failed; each error is listed with its own remedy.",
        "Repair them, then `sunbeam resume`.",
    ),
    Entry(
        "awaited-failed",
        "A task waits for another one of its change, and that one failed.",
        "Repair what the failed one names, then `sunbeam resume`.",
    ),
    Entry(
        "task-failed",
        "A task met an error that nobody foresaw.",
        "`sunbeam doctor` looks for its cause; `sunbeam resume` tries again.",
    ),
    Entry(
        "program-failed",
        "A program that a task runs ended with an error; its last lines are in the text.",
        "`sunbeam doctor` looks for the cause; `sunbeam resume` tries again.",
    ),
    Entry(
        "waited-in-vain",
        "What was awaited did not come, and nothing changed for the time that the text tells.",
        "`sunbeam doctor` looks for the cause; `sunbeam resume` waits again.",
    ),
    Entry(
        "journal-not-readable",
        "The journal tells what was changed on this machine, and is for root only.",
        "Put `sudo` before the command.",
    ),
    Entry(
        "journal-damaged",
        "The journal's file is no database any more, for example after an error of the disk.",
        "Move it aside as the text says: the next change begins a new one; a backup has the old records.",
    ),
    Entry(
        "journal-newer",
        "A newer Sunbeam worked on this machine, and this one cannot read its journal. Nothing is damaged.",
        "Install that version or a newer one. Keep the file: `sunbeam cluster destroy` needs it.",
    ),
    Entry(
        "journal-not-written",
        "The file system of /var/lib/sunbeam is full, read-only or broken.",
        "`df -h /var/lib/sunbeam`; make room or repair it, then `sunbeam resume`.",
    ),
    Entry(
        "host-not-restored",
        "Something that was changed on this machine could not be put back; it stays on record.",
        "Deal with what is listed, then type the command of the text again: it tries the rest.",
    ),
    Entry(
        "folders-not-removed",
        "The cloud is gone, but some of Sunbeam's files are in use, most often as mount points.",
        "`findmnt` names mounts; `umount` those in the text, then `sunbeam cluster destroy`.",
    ),
    Entry(
        "teardown-incomplete",
        "A container, mount, interface or process could not be removed.",
        "Deal with what is listed, then `sunbeam cluster destroy` tries the rest again.",
    ),
    Entry(
        "web-cannot-listen",
        "The address is not this machine's, or the port is taken.",
        "`sunbeam web --listen ADDRESS:PORT` with another one.",
    ),
    Entry(
        "web-refused",
        "sunbeamd could not begin to serve the page; the text says why.",
        "Deal with that, then `sunbeam web`.",
    ),
    Entry(
        "web-not-served",
        "sunbeamd does not run, or did not begin to serve the page in time.",
        "`sunbeam cluster status` tells whether sunbeamd runs.",
    ),
    Entry(
        "web-still-served",
        "sunbeamd is too busy to close the page's port at once; it does so when it comes to it.",
        "`sunbeam cluster status` tells whether sunbeamd answers.",
    ),
    Entry(
        "web-settings-damaged",
        "The file with the page's settings was changed by hand.",
        "`sunbeam web` writes it anew.",
    ),
    Entry(
        "command-too-slow",
        "A command that the page runs took longer than a page can wait.",
        "Type it in a terminal.",
    ),
)
