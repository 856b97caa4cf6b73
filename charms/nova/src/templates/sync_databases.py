"""All of Nova's database steps in one process; nova-manage would need five, each as long to start.

Reads a JSON object from its standard input: the URLs "api", "cell0", "cell1" of the databases and "transport"
of the message broker.  Every step may be repeated; cell mappings are made to follow the URLs.
"""

import json
import sys

from nova import conf, config, context, exception, objects
from nova.cmd import manage
from nova.db.api import api as api_database
from nova.db.main import api as main_database
from oslo_utils import uuidutils


def configure(urls):
    config.parse_args(["nova-manage"], default_config_files=[], configure_db=False)
    conf.CONF.set_override("connection", urls["api"], "api_database")
    conf.CONF.set_override("connection", urls["cell1"], "database")
    api_database.configure(conf.CONF)
    main_database.configure(conf.CONF)
    objects.register_all()


def map_cell(name, uuid, transport_url, connection):
    admin = context.get_admin_context()
    try:
        cell = objects.CellMapping.get_by_uuid(admin, uuid)
        save = cell.save
    except exception.CellMappingNotFound:
        cell = objects.CellMapping(admin, uuid=uuid, name=name, disabled=False)
        save = cell.create
    cell.transport_url = transport_url
    cell.database_connection = connection
    save()


def uuid_of(name):
    cells = objects.CellMappingList.get_all(context.get_admin_context())
    return next((cell.uuid for cell in cells if cell.name == name), uuidutils.generate_uuid())


def main():
    urls = json.load(sys.stdin)
    configure(urls)
    manage.ApiDbCommands().sync()
    map_cell("cell0", objects.CellMapping.CELL0_UUID, "none:///", urls["cell0"])
    map_cell("cell1", uuid_of("cell1"), urls["transport"], urls["cell1"])
    manage.DbCommands().sync()


main()
