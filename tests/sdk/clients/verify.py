"""`wandb verify` finds nothing wrong, apart from the address that is not https."""

import os
import re

from common import check, end, same, step, wandb_command

step("wandb verify", "ServerInfo", "Project", "RunHistoryKeys")
said = wandb_command("verify", "--host", os.environ["WANDB_BASE_URL"], good=None)
print(said)
failed = re.findall(r"^Checking (.*?)\.{3,}❌", said, re.MULTILINE)
# Without TLS these two can't be otherwise.
same(failed, ["requests to base url", "requests made over signed URLs"])
check(said.count("✅") >= 6, said)
end()
