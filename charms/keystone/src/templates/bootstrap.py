"""Bring Keystone's schema up to date and make its first account, in one process.

Two runs of keystone-manage do the same in twice the time.  The password comes in OS_BOOTSTRAP_PASSWORD.
"""

import os

import keystone.conf
from keystone.cmd.bootstrap import Bootstrapper
from keystone.common import sql
from keystone.common.sql import upgrades

keystone.conf.configure()
sql.initialize()
keystone.conf.set_default_for_default_log_levels()
keystone.conf.CONF([], project="keystone")
keystone.conf.setup_logging()

upgrades.offline_sync_database_to_version()

bootstrapper = Bootstrapper()
bootstrapper.admin_username = "admin"
bootstrapper.admin_password = os.environ["OS_BOOTSTRAP_PASSWORD"]
bootstrapper.admin_role_name = "admin"
bootstrapper.project_name = "admin"
bootstrapper.service_name = "keystone"
bootstrapper.region_id = os.environ["OS_BOOTSTRAP_REGION_ID"]
bootstrapper.internal_url = os.environ["OS_BOOTSTRAP_INTERNAL_URL"]
bootstrapper.admin_url = os.environ["OS_BOOTSTRAP_INTERNAL_URL"]
bootstrapper.public_url = os.environ["OS_BOOTSTRAP_PUBLIC_URL"]
bootstrapper.immutable_roles = True
bootstrapper.bootstrap()
