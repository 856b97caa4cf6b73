from __future__ import annotations

from tests.functional.operators.support import Controller


async def test_two_related_charms_exchange_data_and_a_secret(controller: Controller) -> None:
    model = controller.model()
    controller.deploy(model, "provider")
    controller.deploy(model, "requirer")
    controller.relate(model, "provider", "requirer")

    await controller.until_message(model, "requirer/0", "hello password=first")
    await controller.until_idle(model)
    assert controller.unit(model, "provider/0").workload_version == "1.2.3"
