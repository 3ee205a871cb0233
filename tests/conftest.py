"""The engine's SDK comes first: the provider enters its packages without it where nobody imported it before."""

import pulumi

assert pulumi.ComponentResource
