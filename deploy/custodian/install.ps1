# Install or upgrade a key holder's agent on Windows, from the unpacked zip, in PowerShell as administrator:
#
#   powershell -ExecutionPolicy Bypass -File install.ps1
#
# It makes C:\Program Files\expertpool-custodian and a task that starts the agent with the machine, as LOCAL SERVICE.
# It has not been run on Windows by those who wrote it; INSTALL.md says what was tested and how.
param(
    [string]$Target = "$env:ProgramFiles\expertpool-custodian",
    [string]$Data = "$env:ProgramData\expertpool-custodian"
)
$ErrorActionPreference = "Stop"
$here = Split-Path -Parent $MyInvocation.MyCommand.Path

foreach ($line in Get-Content "$here\SHA256SUMS") {
    $sum, $name = $line -split "  ", 2
    if ((Get-FileHash "$here\$name" -Algorithm SHA256).Hash -ne $sum) {
        throw "The package is incomplete or was altered ($name); nothing was installed."
    }
}

function Invoke-Checked([string]$Program) {
    & $Program @args
    if ($LASTEXITCODE -ne 0) { throw "$Program $args failed." }
}

Invoke-Checked py -3 -c "import sys; sys.exit(sys.version_info < (3, 11))"
Invoke-Checked py -3 -m venv $Target
$python = "$Target\Scripts\python.exe"
$source = if (Test-Path "$here\wheels") { @("--no-index", "--find-links", "$here\wheels") } else { @() }
Invoke-Checked $python -m pip --quiet install @source --require-hashes -r "$here\requirements.lock"
$wheel = (Get-Item "$here\expertpool_custodian-*.whl").FullName
Invoke-Checked $python -m pip --quiet install --no-index --no-deps --force-reinstall $wheel

# Readable for administrators, the system and the account that the agent runs as, and for nobody else.
New-Item -ItemType Directory -Force $Data | Out-Null
Invoke-Checked icacls $Data /inheritance:r /grant "*S-1-5-32-544:(OI)(CI)F" "*S-1-5-18:(OI)(CI)F" "*S-1-5-19:(OI)(CI)M"

$run = "run --dir `"$Data\agent`" --passphrase-file `"$Data\passphrase`" --status-port 8787"
$action = New-ScheduledTaskAction -Execute "$Target\Scripts\expertpool-custodian.exe" -Argument $run
$trigger = New-ScheduledTaskTrigger -AtStartup
$account = New-ScheduledTaskPrincipal -UserId "S-1-5-19" -LogonType ServiceAccount
$settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) `
    -ExecutionTimeLimit (New-TimeSpan -Seconds 0)
Register-ScheduledTask -Force -TaskName "expertpool-custodian" -Action $action -Trigger $trigger `
    -Principal $account -Settings $settings | Out-Null
Write-Output "Installed: $Target\Scripts\expertpool-custodian.exe"
