from tests.functional.bootstrap.conftest import cloud, core, etcd, new_cloud

__all__ = ["cloud", "core", "etcd", "new_cloud"]
