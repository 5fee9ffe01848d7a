"""Provisions an agent, shows its progress, and destroys it again: provision.py NAME [REGION [SIZE]]"""

import asyncio
import sys

from aura_client import AsyncClient, AuraError, JobFailed


async def main(name, region="eu-central", size="small"):
    async with AsyncClient() as aura:
        operation = await aura.provision(name, region, size)
        async for event in aura.follow(operation.job.id):
            print(f"{event.at:%H:%M:%S} {event.type:16} {event.message}")
        instance = await aura.wait_until_running(operation)
        print(f"{name} runs at {instance.server.address if instance.server else 'nowhere'}")
        destroyed = await aura.destroy(name)
        print(f"destroy {(await aura.wait(destroyed.job.id)).state}")


if __name__ == "__main__":
    if not 1 <= len(sys.argv[1:]) <= 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(*sys.argv[1:]))
    except (AuraError, JobFailed, OSError) as error:
        sys.exit(f"cannot go on: {error}")
