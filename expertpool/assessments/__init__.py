"""One project, one assessment (一项目一考评): three parties score whoever sat, sealed, and are revealed together."""
