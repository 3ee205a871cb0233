"""The Pulumi program: make this stack's cluster match its Git repository."""

import pulumi

from components.program import deploy
from gitops.model.errors import GitOpsError

try:
    deploy()
except GitOpsError as error:
    raise pulumi.RunError(str(error)) from error
