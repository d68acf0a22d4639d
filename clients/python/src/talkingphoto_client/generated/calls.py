"""One function an operation: what to ask, for a client's ``send``.

Made by `make client`, of the API's document; change the API instead.
"""

from __future__ import annotations

from typing import Any, Literal

from talkingphoto_client.call import Call, Upload
from talkingphoto_client.generated import types


def add_project_asset(project_id: str, body: types.WorkflowAssetIn) -> Call[types.WorkflowAssetOut]:
    """Put a file of yours into a project, as its owner or an editor; again, to say anew what for."""
    return Call("POST", "/api/v1/projects/{project_id}/assets", body=body, path={"project_id": project_id})


def ask_before_unsubscribing(token: str) -> Call[bytes]:
    """Ask whoever follows a letter's link; programs that look at links change nothing."""
    return Call("GET", "/api/v1/notifications/unsubscribe", query={"token": token}, answers="bytes")


def ask_for_a_quote(body: types.BillingQuoteIn) -> Call[types.BillingQuoteOut]:
    """What an order will cost at the least, most likely and at the most, and whether you can pay for it."""
    return Call("POST", "/api/v1/billing/quotes", body=body)


def begin_second_factor(body: types.UsersProofIn) -> Call[types.UsersEnrolmentOut]:
    """Get a secret for an authenticator app."""
    return Call("POST", "/api/v1/users/me/second-factor", body=body)


def begin_upload(
    *,
    tus_resumable: str | None = None,
    upload_length: str | None = None,
    upload_metadata: str | None = None,
    upload_checksum: str | None = None,
    content: bytes | None = None,
    content_type: str = "application/offset+octet-stream",
) -> Call[types.WorkflowUploadOut]:
    """Announce an upload that may be interrupted (tus 1.0), and send its first bytes with it if you like."""
    return Call(
        "POST",
        "/api/v1/files/multipart",
        content=content,
        content_type=content_type,
        header={
            "Tus-Resumable": tus_resumable,
            "Upload-Length": upload_length,
            "Upload-Metadata": upload_metadata,
            "Upload-Checksum": upload_checksum,
        },
    )


def calculate_export_costs(body: types.ExportCostsIn) -> Call[types.ExportCostsOut]:
    """What a way of working costs a workflow and a month, in money and in time."""
    return Call("POST", "/api/v1/export/cost-calculator", body=body)


def cancel_batch(batch_id: str) -> Call[types.WorkflowBatchCancelledOut]:
    """Stop all workflows of a batch that can be stopped, and give back what is held for them."""
    return Call("POST", "/api/v1/batches/{batch_id}/cancel", path={"batch_id": batch_id})


def cancel_subscription(
    body: types.BillingCancelIn, *, idempotency_key: str | None = None
) -> Call[types.BillingSubscriptionOut]:
    """End the subscription with the period that is paid for, or at once."""
    return Call(
        "POST",
        "/api/v1/billing/subscription/cancel",
        body=body,
        header={"idempotency-key": idempotency_key},
        repeatable=True,
    )


def cancel_workflow(workflow_id: str) -> Call[types.WorkflowCancelledOut]:
    """Stop a workflow, give back what is held for it, and say what that stopped and what it has cost."""
    return Call("POST", "/api/v1/workflows/{workflow_id}/cancel", path={"workflow_id": workflow_id})


def change_assets(body: types.WorkflowAssetsBulkIn) -> Call[types.WorkflowBulkOut]:
    """Take out, move or tag up to 100 assets of your projects; what became of each is said."""
    return Call("POST", "/api/v1/assets/bulk", body=body)


def change_consents(body: types.UsersConsentsIn) -> Call[types.UsersConsentsOut]:
    """Agree, or take an agreement back."""
    return Call("PUT", "/api/v1/users/me/consents", body=body)


def change_email(body: types.UsersNewAddressIn) -> Call[types.UsersLetterOut]:
    """Have a link sent to a new address; the old one stays the account's until the link is used."""
    return Call("POST", "/api/v1/users/me/email", body=body)


def change_film_plan(project_id: str, body: types.WorkflowPlanChange) -> Call[types.WorkflowPlanOut]:
    """Change how the film is to look and sound."""
    return Call("PATCH", "/api/v1/projects/{project_id}/plan", body=body, path={"project_id": project_id})


def change_film_shot(project_id: str, shot_id: str, body: types.WorkflowShotChange) -> Call[types.WorkflowPlanOut]:
    """Change what is said or seen in a shot, approve it, or lock it."""
    return Call(
        "PATCH",
        "/api/v1/projects/{project_id}/plan/shots/{shot_id}",
        body=body,
        path={"project_id": project_id, "shot_id": shot_id},
    )


def change_password(body: types.UsersPasswordIn) -> Call[types.UsersUserOut]:
    """Replace the password, or set the first one after a sign-in elsewhere; other sessions end."""
    return Call("POST", "/api/v1/auth/change-password", body=body)


def change_project(project_id: str, body: types.WorkflowProjectChange) -> Call[types.WorkflowProjectOut]:
    """Change what you name; the rest stays."""
    return Call("PUT", "/api/v1/projects/{project_id}", body=body, path={"project_id": project_id})


def change_projects(body: types.WorkflowProjectsBulkIn) -> Call[types.WorkflowBulkOut]:
    """Delete, move or tag up to 100 projects of yours; what became of each is said."""
    return Call("POST", "/api/v1/projects/bulk", body=body)


def change_subscription(
    body: types.BillingChangeIn, *, idempotency_key: str | None = None
) -> Call[types.BillingSubscriptionOut]:
    """Move to another plan: a dearer one at once, its difference charged; a cheaper one with the renewal."""
    return Call(
        "PUT", "/api/v1/billing/subscription", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def change_webhook(webhook_id: str, body: types.NotifyWebhookIn) -> Call[types.NotifyWebhookOut]:
    """Change what is sent where."""
    return Call("PUT", "/api/v1/webhooks/{webhook_id}", body=body, path={"webhook_id": webhook_id})


def check_out(body: types.BillingCheckoutIn, *, idempotency_key: str | None = None) -> Call[types.BillingCheckoutOut]:
    """Open a page where a plan is paid for."""
    return Call(
        "POST", "/api/v1/billing/checkout", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def compare_assets(left: str, right: str) -> Call[types.WorkflowComparisonOut]:
    """Two results side by side: both with a link, how each was made, and what is different."""
    return Call("GET", "/api/v1/assets/compare", query={"left": left, "right": right})


def complete_login(body: types.UsersChallengeIn) -> Call[types.UsersTokensOut]:
    """Finish a login with a code of the second factor, within five minutes and five tries."""
    return Call("POST", "/api/v1/auth/login/second-factor", body=body)


def compress_file(body: types.WorkflowCompressIn) -> Call[types.WorkflowCompressOut]:
    """Make a smaller file of a photo of yours; the photo stays."""
    return Call("POST", "/api/v1/files/compress", body=body)


def confirm_second_factor(body: types.UsersCodeIn) -> Call[types.UsersRecoveryCodesOut]:
    """Switch it on with a code of the app, and get ten recovery codes; other sessions end."""
    return Call("POST", "/api/v1/users/me/second-factor/confirm", body=body)


def connect_youtube() -> Call[types.ExportConnectOut]:
    """Begin to connect a channel: where to send the user's browser."""
    return Call("GET", "/api/v1/youtube/connect")


def create_api_key(body: types.UsersApiKeyIn) -> Call[types.UsersNewApiKeyOut]:
    """Make an API key in this product line."""
    return Call("POST", "/api/v1/users/me/api-keys", body=body)


def create_events_ticket(workflow_id: str) -> Call[types.GatewayTicketOut]:
    """An address of the live updates that needs no token, for a browser's `EventSource`."""
    return Call("POST", "/api/v1/workflows/{workflow_id}/events/ticket", path={"workflow_id": workflow_id})


def create_instructions(body: types.ExportInstructionsIn) -> Call[types.ExportInstructionsOut]:
    """Step by step how to publish on each platform, with filled prompts; kept in the history."""
    return Call("POST", "/api/v1/export/instructions", body=body)


def create_project(body: types.WorkflowProjectIn) -> Call[types.WorkflowProjectOut]:
    """Make a project."""
    return Call("POST", "/api/v1/projects", body=body)


def create_webhook(body: types.NotifyWebhookIn) -> Call[types.NotifyWebhookCreated]:
    """Have what happens sent somewhere, signed by the Standard Webhooks specification."""
    return Call("POST", "/api/v1/webhooks", body=body)


def create_workflow(
    body: types.WorkflowWorkflowIn, *, idempotency_key: str | None = None
) -> Call[types.WorkflowWorkflowAccepted]:
    """Have a photo speak a script."""
    return Call("POST", "/api/v1/workflows", body=body, header={"idempotency-key": idempotency_key}, repeatable=True)


def decide_workflow(workflow_id: str, step: str, body: types.WorkflowDecisionIn) -> Call[types.WorkflowStatusOut]:
    """Let a workflow that asks you go on, or cancel it."""
    return Call(
        "POST",
        "/api/v1/workflows/{workflow_id}/approvals/{step}",
        body=body,
        path={"workflow_id": workflow_id, "step": step},
    )


def delete_file(file_id: str) -> Call[None]:
    """Delete a file: hidden at once, removed from the store after a week."""
    return Call("DELETE", "/api/v1/files/{file_id}", path={"file_id": file_id}, answers="nothing")


def delete_job(job_id: str) -> Call[None]:
    """Cancel a job under way, or remove one that has ended."""
    return Call("DELETE", "/api/v1/ai/jobs/{job_id}", path={"job_id": job_id}, answers="nothing")


def delete_me(body: types.UsersDeletionIn) -> Call[types.UsersDeletionOut]:
    """Delete the account and everything about its owner."""
    return Call("DELETE", "/api/v1/users/me", body=body)


def delete_project(project_id: str) -> Call[None]:
    """Delete a project with its versions and shares; what is being made for it stops, your files stay."""
    return Call("DELETE", "/api/v1/projects/{project_id}", path={"project_id": project_id}, answers="nothing")


def delete_webhook(webhook_id: str) -> Call[None]:
    """Send nothing there any more, and forget what was sent."""
    return Call("DELETE", "/api/v1/webhooks/{webhook_id}", path={"webhook_id": webhook_id}, answers="nothing")


def delete_workflow_files(workflow_id: str) -> Call[None]:
    """Remove what an ended workflow made, before its time."""
    return Call("DELETE", "/api/v1/workflows/{workflow_id}/files", path={"workflow_id": workflow_id}, answers="nothing")


def detect_hooks(body: types.AiRouterHooksIn, *, idempotency_key: str | None = None) -> Call[types.AiRouterJobAccepted]:
    """Find the moments that people would stop for, in what is said in a video."""
    return Call(
        "POST", "/api/v1/ai/hooks/detect", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def disable_second_factor(body: types.UsersProofAndCodeIn) -> Call[None]:
    """Switch it off; other sessions end."""
    return Call("POST", "/api/v1/users/me/second-factor/disable", body=body, answers="nothing")


def disconnect_youtube() -> Call[None]:
    """Forget the channel and end the grant."""
    return Call("DELETE", "/api/v1/youtube/connection", answers="nothing")


def download_object(key: str, expires: int, signature: str, *, filename: str | None = None) -> Call[bytes]:
    """An object, by a link that was given out for it."""
    return Call(
        "GET",
        "/api/v1/objects/{key}",
        path={"key": key},
        query={"expires": expires, "signature": signature, "filename": filename},
        answers="bytes",
    )


def edit_clip(
    workflow_id: str, number: int, body: types.WorkflowClipEditIn, *, idempotency_key: str | None = None
) -> Call[types.WorkflowClipEdited]:
    """Have a clip made otherwise, in a workflow of its own that uses the rest again; it counts as nothing."""
    return Call(
        "POST",
        "/api/v1/workflows/{workflow_id}/clips/{number}/edits",
        body=body,
        path={"workflow_id": workflow_id, "number": number},
        header={"idempotency-key": idempotency_key},
        repeatable=True,
    )


def edit_image(body: types.AiRouterEditIn, *, idempotency_key: str | None = None) -> Call[types.AiRouterJobAccepted]:
    """Change a picture as words say, everywhere or where a mask is white; or by a recipe, without a vendor."""
    return Call(
        "POST", "/api/v1/ai/image/edit", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def end_other_sessions() -> Call[None]:
    """End every session but this one."""
    return Call("DELETE", "/api/v1/users/me/sessions", answers="nothing")


def end_project_share(project_id: str, share_id: str) -> Call[None]:
    """End a share: whoever had it cannot look any more."""
    return Call(
        "DELETE",
        "/api/v1/projects/{project_id}/shares/{share_id}",
        path={"project_id": project_id, "share_id": share_id},
        answers="nothing",
    )


def end_session(session_id: str) -> Call[None]:
    """End one session."""
    return Call("DELETE", "/api/v1/users/me/sessions/{session_id}", path={"session_id": session_id}, answers="nothing")


def end_upload(multipart_id: str) -> Call[None]:
    """End an upload; what has arrived of it goes."""
    return Call(
        "DELETE", "/api/v1/files/multipart/{multipart_id}", path={"multipart_id": multipart_id}, answers="nothing"
    )


def enhance_image(
    body: types.AiRouterEnhanceIn, *, idempotency_key: str | None = None
) -> Call[types.AiRouterJobAccepted]:
    """Make a photo better: light, colour, noise, sharpness."""
    return Call(
        "POST", "/api/v1/ai/image/enhance", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def estimate_workflow(body: types.WorkflowEstimateIn) -> Call[types.WorkflowEstimateOut]:
    """What an order is expected to take, without starting it."""
    return Call("POST", "/api/v1/workflows/estimate", body=body)


def exchange_ticket(body: types.UsersTicketIn) -> Call[types.UsersTokensOut | types.UsersChallengeOut]:
    """Exchange the ticket of a finished sign-in for its tokens, once, within a minute."""
    return Call("POST", "/api/v1/auth/oauth/tokens", body=body)


def find_hooks(
    body: types.WorkflowAutoHooksIn, *, idempotency_key: str | None = None
) -> Call[types.WorkflowClipAccepted]:
    """Have the best moments of a video found, and clips made of them."""
    return Call("POST", "/api/v1/auto-hooks", body=body, header={"idempotency-key": idempotency_key}, repeatable=True)


def finish_sign_in(
    provider: str,
    *,
    state: str | None = None,
    code: str | None = None,
    error: str | None = None,
    iss: str | None = None,
    user: str | None = None,
) -> Call[types.UsersTokensOut | types.UsersChallengeOut]:
    """Finish a sign-in whose answer comes in the query, as Google's does."""
    return Call(
        "GET",
        "/api/v1/auth/oauth/{provider}/callback",
        path={"provider": provider},
        query={"state": state, "code": code, "error": error, "iss": iss, "user": user},
    )


def finish_sign_in_by_form(
    provider: str, content: bytes, *, content_type: str = "application/x-www-form-urlencoded"
) -> Call[types.UsersTokensOut | types.UsersChallengeOut]:
    """Finish a sign-in whose answer comes as a form, as Apple's does."""
    return Call(
        "POST",
        "/api/v1/auth/oauth/{provider}/callback",
        content=content,
        content_type=content_type,
        path={"provider": provider},
    )


def finish_youtube_connection(
    state: str, *, code: str | None = None, error: str | None = None
) -> Call[types.ExportConnectionOut]:
    """Where Google sends the browser back to."""
    return Call("GET", "/api/v1/youtube/callback", query={"state": state, "code": code, "error": error})


def forgot_password(
    body: types.UsersAddressIn, *, x_product_line: Literal["talkingphoto", "reely", "filmstudio", "pixie"] | None = None
) -> Call[types.UsersLetterOut]:
    """Have a link to a new password sent, three times an hour."""
    return Call("POST", "/api/v1/auth/forgot-password", body=body, header={"X-Product-Line": x_product_line})


def generate_audio(
    body: types.AiRouterAudioIn, *, idempotency_key: str | None = None
) -> Call[types.AiRouterJobAccepted]:
    """Have a text spoken, with the time of each word where the model tells them."""
    return Call(
        "POST", "/api/v1/ai/audio/generate", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def generate_image(
    body: types.AiRouterGenerateIn, *, idempotency_key: str | None = None
) -> Call[types.AiRouterJobAccepted]:
    """Make pictures from words."""
    return Call(
        "POST", "/api/v1/ai/image/generate", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def generate_music(
    body: types.AiRouterMusicIn, *, idempotency_key: str | None = None
) -> Call[types.AiRouterJobAccepted]:
    """Have music made."""
    return Call(
        "POST", "/api/v1/ai/music/generate", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def generate_project(
    project_id: str, body: types.WorkflowGenerateIn, *, idempotency_key: str | None = None
) -> Call[types.WorkflowGenerateOut]:
    """Have the project's video made, with what you say instead of what it says."""
    return Call(
        "POST",
        "/api/v1/projects/{project_id}/generate",
        body=body,
        path={"project_id": project_id},
        header={"idempotency-key": idempotency_key},
        repeatable=True,
    )


def generate_video(
    body: types.AiRouterVideoIn, *, idempotency_key: str | None = None
) -> Call[types.AiRouterJobAccepted]:
    """Have a photo speak a script, or make a short film of what words say."""
    return Call(
        "POST", "/api/v1/ai/video/generate", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def get_ai_usage(user_id: str, *, start: str | None = None, end: str | None = None) -> Call[types.AiRouterUsageOut]:
    """Jobs, credits and cost of a user, by model and day."""
    return Call("GET", "/api/v1/ai/usage/{user_id}", path={"user_id": user_id}, query={"start": start, "end": end})


def get_api_key(key_id: str) -> Call[types.UsersApiKeyOut]:
    """One of the caller's API keys."""
    return Call("GET", "/api/v1/users/me/api-keys/{key_id}", path={"key_id": key_id})


def get_approval_preview(workflow_id: str, step: str, name: str) -> Call[bytes]:
    """A small picture, or the speech as by telephone, of what you are asked about; whole it comes once paid for."""
    return Call(
        "GET",
        "/api/v1/workflows/{workflow_id}/approvals/{step}/previews/{name}",
        path={"workflow_id": workflow_id, "step": step, "name": name},
        answers="bytes",
    )


def get_asset(asset_id: str) -> Call[types.WorkflowAssetOut]:
    """An asset, with a link."""
    return Call("GET", "/api/v1/assets/{asset_id}", path={"asset_id": asset_id})


def get_asset_lineage(asset_id: str) -> Call[types.WorkflowLineageOut]:
    """Where an asset, a file or an AI job's result of yours comes from."""
    return Call("GET", "/api/v1/assets/{asset_id}/lineage", path={"asset_id": asset_id})


def get_balance() -> Call[types.BillingBalanceOut]:
    """The caller's credits in the product line of the session."""
    return Call("GET", "/api/v1/billing/credits/balance")


def get_batch(batch_id: str) -> Call[types.WorkflowBatchStatusOut]:
    """How the workflows of a batch are."""
    return Call("GET", "/api/v1/batches/{batch_id}", path={"batch_id": batch_id})


def get_consents() -> Call[types.UsersConsentsOut]:
    """What the caller has agreed to, as it holds now."""
    return Call("GET", "/api/v1/users/me/consents")


def get_dashboard() -> Call[types.GatewayDashboard]:
    """Your work at a glance: how it went, what is left, what is new."""
    return Call("GET", "/api/v1/users/me/dashboard")


def get_data_export(export_id: str) -> Call[types.UsersDataExportOut]:
    """How far an archive is, and where it can be fetched, for a day after it is ready."""
    return Call("GET", "/api/v1/users/me/data-export/{export_id}", path={"export_id": export_id})


def get_erasure(ticket: str) -> Call[types.UsersErasureOut]:
    """How far the deletion of an account has come."""
    return Call("GET", "/api/v1/auth/erasure", query={"ticket": ticket})


def get_export_history_entry(entry_id: str) -> Call[types.ExportWholeEntryOut]:
    """One entry, with the answer as it was given."""
    return Call("GET", "/api/v1/export/history/{entry_id}", path={"entry_id": entry_id})


def get_file(file_id: str) -> Call[types.WorkflowFileOut]:
    """A file with signed links; counts the access."""
    return Call("GET", "/api/v1/files/{file_id}", path={"file_id": file_id})


def get_file_metadata(file_id: str) -> Call[types.WorkflowFileMetadata]:
    """What is known of a file, without a link."""
    return Call("GET", "/api/v1/files/{file_id}/metadata", path={"file_id": file_id})


def get_film_plan(project_id: str) -> Call[types.WorkflowPlanOut]:
    """Scenes and shots, what of each is there, and what making the rest would take."""
    return Call("GET", "/api/v1/projects/{project_id}/plan", path={"project_id": project_id})


def get_flags() -> Call[types.UsersFlagsOut]:
    """What is on for you, where it is not on for everybody."""
    return Call("GET", "/api/v1/users/me/flags")


def get_history(*, page: int | None = None, per_page: int | None = None) -> Call[types.BillingHistoryOut]:
    """What you used in the session's product line, by month and one by one."""
    return Call("GET", "/api/v1/usage/history", query={"page": page, "per_page": per_page})


def get_job_result(job_id: str) -> Call[types.AiRouterJobResultOut]:
    """What a job made, with links to its files."""
    return Call("GET", "/api/v1/ai/jobs/{job_id}/result", path={"job_id": job_id})


def get_job_route(job_id: str) -> Call[types.AiRouterRouteOut]:
    """Why a job was done by whom: who was there, who was not and why, what it depended on; computed again."""
    return Call("GET", "/api/v1/ai/jobs/{job_id}/route", path={"job_id": job_id})


def get_job_status(job_id: str) -> Call[types.AiRouterJobStatusOut]:
    """How far a job is."""
    return Call("GET", "/api/v1/ai/jobs/{job_id}/status", path={"job_id": job_id})


def get_kit(workflow_id: str) -> Call[types.ExportKitOut]:
    """The export kit of a workflow, with links to the archive and to each platform's files."""
    return Call("GET", "/api/v1/export/kits/{workflow_id}", path={"workflow_id": workflow_id})


def get_me() -> Call[types.UsersUserOut]:
    """The caller's profile with plan and credits in the product line of the session."""
    return Call("GET", "/api/v1/users/me")


def get_notification_preferences() -> Call[types.NotifyPreferencesOut]:
    """What the caller wants to be told, where and when."""
    return Call("GET", "/api/v1/notifications/preferences")


def get_photo_size(
    file_id: str, size: str, *, format_: types.WorkflowFormat | None = None
) -> Call[types.WorkflowSizeOut]:
    """A photo of yours in a delivery size, upright and without what its camera wrote."""
    return Call(
        "GET",
        "/api/v1/files/{file_id}/sizes/{size}",
        path={"file_id": file_id, "size": size},
        query={"format": format_},
    )


def get_platform_requirements(platform: str) -> Call[types.ExportRequirementsOut]:
    """Format, codec, aspect ratio, resolution, duration, size and caption length."""
    return Call("GET", "/api/v1/export/requirements/{platform}", path={"platform": platform})


def get_project(project_id: str) -> Call[types.WorkflowProjectOut]:
    """A project of yours, one shared with you, or a public one."""
    return Call("GET", "/api/v1/projects/{project_id}", path={"project_id": project_id})


def get_public_project(public_id: str) -> Call[types.WorkflowProjectOut]:
    """A project that everybody may see, by its id."""
    return Call("GET", "/api/v1/projects/public/{public_id}", path={"public_id": public_id})


def get_quote(quote_id: str) -> Call[types.BillingQuoteOut]:
    """A quote that you were given."""
    return Call("GET", "/api/v1/billing/quotes/{quote_id}", path={"quote_id": quote_id})


def get_renditions(workflow_id: str) -> Call[types.ExportRenditionsOut]:
    """Every shape that a workflow's film was ordered in, with links to what is ready."""
    return Call("GET", "/api/v1/export/kits/{workflow_id}/renditions", path={"workflow_id": workflow_id})


def get_second_factor() -> Call[types.UsersSecondFactorOut]:
    """Whether logins of the caller ask for a code."""
    return Call("GET", "/api/v1/users/me/second-factor")


def get_services_health() -> Call[types.AiRouterServicesHealth]:
    """How every provider is doing: last check, response time, breaker."""
    return Call("GET", "/api/v1/ai/services/health")


def get_shared_project(token: str) -> Call[types.WorkflowProjectOut]:
    """A project by a link that its owner has made."""
    return Call("GET", "/api/v1/projects/shared/{token}", path={"token": token})


def get_statement(since: str, until: str) -> Call[bytes]:
    """Your credits in the session's product line as CSV: the balance before, every entry, the balance after."""
    return Call("GET", "/api/v1/billing/statement", query={"since": since, "until": until}, answers="bytes")


def get_subscription() -> Call[types.BillingSubscriptionOut]:
    """The plan you are on in the session's product line, and how it goes on."""
    return Call("GET", "/api/v1/billing/subscription")


def get_upload(multipart_id: str) -> Call[types.WorkflowUploadOut]:
    """How far an upload is, and which file it has become."""
    return Call("GET", "/api/v1/files/multipart/{multipart_id}", path={"multipart_id": multipart_id})


def get_usage() -> Call[types.BillingUsageOut]:
    """Quotas used and left this month."""
    return Call("GET", "/api/v1/usage/current")


def get_webhook(webhook_id: str) -> Call[types.NotifyWebhookOut]:
    """One webhook."""
    return Call("GET", "/api/v1/webhooks/{webhook_id}", path={"webhook_id": webhook_id})


def get_workflow(workflow_id: str) -> Call[types.WorkflowWorkflowOut]:
    """Everything about a workflow."""
    return Call("GET", "/api/v1/workflows/{workflow_id}", path={"workflow_id": workflow_id})


def get_workflow_history(
    workflow_id: str, *, page: int | None = None, per_page: int | None = None
) -> Call[types.WorkflowPagedHistoryEntryOut]:
    """What happened to a workflow, and what was decided: for operators."""
    return Call(
        "GET",
        "/api/v1/workflows/{workflow_id}/history",
        path={"workflow_id": workflow_id},
        query={"page": page, "per_page": per_page},
    )


def get_workflow_result(
    workflow_id: str, *, result: str | None = None, redirect: bool | None = None
) -> Call[types.WorkflowDownloadOut]:
    """A signed link to a result."""
    return Call(
        "GET",
        "/api/v1/workflows/{workflow_id}/download",
        path={"workflow_id": workflow_id},
        query={"result": result, "redirect": redirect},
    )


def get_workflow_status(workflow_id: str) -> Call[types.WorkflowStatusOut]:
    """How far a workflow is."""
    return Call("GET", "/api/v1/workflows/{workflow_id}/status", path={"workflow_id": workflow_id})


def get_workflow_timeline(workflow_id: str) -> Call[types.WorkflowTimelineOut]:
    """Where the time went: every wait with its cause, every step with its tries, and what they cost."""
    return Call("GET", "/api/v1/workflows/{workflow_id}/timeline", path={"workflow_id": workflow_id})


def get_youtube_upload(upload_id: str) -> Call[types.ExportUploadOut]:
    """One upload."""
    return Call("GET", "/api/v1/youtube/videos/{upload_id}", path={"upload_id": upload_id})


def list_api_keys(*, page: int | None = None, per_page: int | None = None) -> Call[types.UsersPagedApiKeyOut]:
    """The caller's API keys that can be used, newest first."""
    return Call("GET", "/api/v1/users/me/api-keys", query={"page": page, "per_page": per_page})


def list_batch_rows(
    batch_id: str, *, status: types.WorkflowStatus | None = None, page: int | None = None, per_page: int | None = None
) -> Call[types.WorkflowPagedBatchRowOut]:
    """The rows of a batch that were ordered, in the order of the manifest."""
    return Call(
        "GET",
        "/api/v1/batches/{batch_id}/rows",
        path={"batch_id": batch_id},
        query={"status": status, "page": page, "per_page": per_page},
    )


def list_batches(*, page: int | None = None, per_page: int | None = None) -> Call[types.WorkflowPagedBatchStatusOut]:
    """Your batches, newest first."""
    return Call("GET", "/api/v1/batches", query={"page": page, "per_page": per_page})


def list_consents(*, page: int | None = None, per_page: int | None = None) -> Call[types.UsersPagedConsentOut]:
    """All that the caller has ever agreed to or taken back, the newest first."""
    return Call("GET", "/api/v1/users/me/consents/history", query={"page": page, "per_page": per_page})


def list_export_history(
    *,
    kind: Literal["kit", "instructions", "optimization"] | None = None,
    page: int | None = None,
    per_page: int | None = None,
) -> Call[types.ExportPagedEntryOut]:
    """Earlier instructions, kits and suggestions, newest first."""
    return Call("GET", "/api/v1/export/history", query={"kind": kind, "page": page, "per_page": per_page})


def list_files(
    *,
    type_: str | None = None,
    is_temporary: bool | None = None,
    created_from: str | None = None,
    created_before: str | None = None,
    user_id: str | None = None,
    page: int | None = None,
    per_page: int | None = None,
    fields: str | None = None,
) -> Call[types.WorkflowPagedFileMetadata]:
    """Your files, newest first."""
    return Call(
        "GET",
        "/api/v1/files",
        query={
            "type": type_,
            "is_temporary": is_temporary,
            "created_from": created_from,
            "created_before": created_before,
            "user_id": user_id,
            "page": page,
            "per_page": per_page,
            "fields": fields,
        },
    )


def list_film_takes(
    project_id: str, shot_id: str, *, page: int | None = None, per_page: int | None = None
) -> Call[types.WorkflowPagedTakeOut]:
    """The shot as it was made so far, the newest first."""
    return Call(
        "GET",
        "/api/v1/projects/{project_id}/plan/shots/{shot_id}/takes",
        path={"project_id": project_id, "shot_id": shot_id},
        query={"page": page, "per_page": per_page},
    )


def list_invoices(*, page: int | None = None, per_page: int | None = None) -> Call[types.BillingPagedInvoiceOut]:
    """Your invoices in the product line of the session, newest first."""
    return Call("GET", "/api/v1/billing/invoices", query={"page": page, "per_page": per_page})


def list_jobs(
    *,
    status: types.AiRouterStatus | None = None,
    job_type: types.AiRouterCapability | None = None,
    page: int | None = None,
    per_page: int | None = None,
) -> Call[types.AiRouterPagedJobOut]:
    """The caller's jobs, newest first."""
    return Call(
        "GET", "/api/v1/ai/jobs", query={"status": status, "job_type": job_type, "page": page, "per_page": per_page}
    )


def list_library(
    *,
    asset_type: types.WorkflowAssetType | None = None,
    type_: str | None = None,
    mime_type: str | None = None,
    q: str | None = None,
    tag: str | None = None,
    project_id: str | None = None,
    created_from: str | None = None,
    created_before: str | None = None,
    page: int | None = None,
    per_page: int | None = None,
    fields: str | None = None,
) -> Call[types.WorkflowPagedAssetOut]:
    """What is in all your projects, newest first."""
    return Call(
        "GET",
        "/api/v1/assets/library",
        query={
            "asset_type": asset_type,
            "type": type_,
            "mime_type": mime_type,
            "q": q,
            "tag": tag,
            "project_id": project_id,
            "created_from": created_from,
            "created_before": created_before,
            "page": page,
            "per_page": per_page,
            "fields": fields,
        },
    )


def list_models(
    *,
    capability: types.AiRouterCapability | None = None,
    available: bool | None = None,
    page: int | None = None,
    per_page: int | None = None,
) -> Call[types.AiRouterPagedModelOut]:
    """The active models, with what each acts on and costs in credits, and whether it is set up here."""
    return Call(
        "GET",
        "/api/v1/ai/models",
        query={"capability": capability, "available": available, "page": page, "per_page": per_page},
    )


def list_notifications(
    *, unread: bool | None = None, kind: str | None = None, page: int | None = None, per_page: int | None = None
) -> Call[types.NotifyNotificationsOut]:
    """The caller's messages, newest first."""
    return Call(
        "GET", "/api/v1/notifications", query={"unread": unread, "kind": kind, "page": page, "per_page": per_page}
    )


def list_payments(*, page: int | None = None, per_page: int | None = None) -> Call[types.BillingPagedPaymentOut]:
    """Your payments in the product line of the session, newest first."""
    return Call("GET", "/api/v1/billing/payments", query={"page": page, "per_page": per_page})


def list_periods(*, page: int | None = None, per_page: int | None = None) -> Call[types.BillingPagedPeriodOut]:
    """What you used of each meter in billing months that are over, the latest first."""
    return Call("GET", "/api/v1/usage/periods", query={"page": page, "per_page": per_page})


def list_plans(
    *,
    product_line: types.BillingProductLineKey | None = None,
    page: int | None = None,
    per_page: int | None = None,
    x_product_line: Literal["talkingphoto", "reely", "filmstudio", "pixie"] | None = None,
) -> Call[types.BillingPagedPlanOut]:
    """The plans of a product line, cheapest first."""
    return Call(
        "GET",
        "/api/v1/billing/plans",
        query={"product_line": product_line, "page": page, "per_page": per_page},
        header={"X-Product-Line": x_product_line},
    )


def list_project_assets(
    project_id: str,
    *,
    asset_type: types.WorkflowAssetType | None = None,
    page: int | None = None,
    per_page: int | None = None,
    fields: str | None = None,
) -> Call[types.WorkflowPagedAssetOut]:
    """What is in a project, newest first."""
    return Call(
        "GET",
        "/api/v1/projects/{project_id}/assets",
        path={"project_id": project_id},
        query={"asset_type": asset_type, "page": page, "per_page": per_page, "fields": fields},
    )


def list_project_logs(
    project_id: str, *, page: int | None = None, per_page: int | None = None
) -> Call[types.WorkflowPagedLogOut]:
    """What happened to the project, newest first."""
    return Call(
        "GET",
        "/api/v1/projects/{project_id}/logs",
        path={"project_id": project_id},
        query={"page": page, "per_page": per_page},
    )


def list_project_shares(
    project_id: str, *, page: int | None = None, per_page: int | None = None
) -> Call[types.WorkflowPagedShareOut]:
    """Whom the project is shared with, and links to it, newest first."""
    return Call(
        "GET",
        "/api/v1/projects/{project_id}/shares",
        path={"project_id": project_id},
        query={"page": page, "per_page": per_page},
    )


def list_project_versions(
    project_id: str, *, page: int | None = None, per_page: int | None = None
) -> Call[types.WorkflowPagedVersionOut]:
    """What the project was, newest first."""
    return Call(
        "GET",
        "/api/v1/projects/{project_id}/versions",
        path={"project_id": project_id},
        query={"page": page, "per_page": per_page},
    )


def list_projects(
    *,
    status: Literal["pending", "processing", "complete", "completed", "failed"] | None = None,
    shared: bool | None = None,
    q: str | None = None,
    tag: str | None = None,
    folder: str | None = None,
    product_line: types.WorkflowProductLineKey | None = None,
    page: int | None = None,
    per_page: int | None = None,
    fields: str | None = None,
) -> Call[types.WorkflowPagedProjectSummary]:
    """Your projects, those changed last first, or those that fit a search best."""
    return Call(
        "GET",
        "/api/v1/projects",
        query={
            "status": status,
            "shared": shared,
            "q": q,
            "tag": tag,
            "folder": folder,
            "product_line": product_line,
            "page": page,
            "per_page": per_page,
            "fields": fields,
        },
    )


def list_public_projects(
    *, q: str | None = None, page: int | None = None, per_page: int | None = None, fields: str | None = None
) -> Call[types.WorkflowPagedProjectSummary]:
    """Projects that everybody may see, those changed last first."""
    return Call("GET", "/api/v1/projects/public", query={"q": q, "page": page, "per_page": per_page, "fields": fields})


def list_sessions(*, page: int | None = None, per_page: int | None = None) -> Call[types.UsersPagedSessionOut]:
    """The caller's active sessions, newest first."""
    return Call("GET", "/api/v1/users/me/sessions", query={"page": page, "per_page": per_page})


def list_templates(
    *,
    workflow_type: types.ExportWorkflowType | None = None,
    platform: types.ExportPlatform | None = None,
    difficulty: types.ExportDifficulty | None = None,
    page: int | None = None,
    per_page: int | None = None,
) -> Call[types.ExportPagedTemplateOut]:
    """Active templates."""
    return Call(
        "GET",
        "/api/v1/export/templates",
        query={
            "workflow_type": workflow_type,
            "platform": platform,
            "difficulty": difficulty,
            "page": page,
            "per_page": per_page,
        },
    )


def list_transactions(
    *, page: int | None = None, per_page: int | None = None
) -> Call[types.BillingPagedTransactionOut]:
    """The caller's ledger, newest first."""
    return Call("GET", "/api/v1/billing/credits/transactions", query={"page": page, "per_page": per_page})


def list_uploads(*, page: int | None = None, per_page: int | None = None) -> Call[types.WorkflowPagedUploadOut]:
    """Your uploads of the last day, newest first, finished or not."""
    return Call("GET", "/api/v1/files/multipart", query={"page": page, "per_page": per_page})


def list_webhook_deliveries(
    webhook_id: str,
    *,
    status: types.NotifyDeliveryStatus | None = None,
    page: int | None = None,
    per_page: int | None = None,
) -> Call[types.NotifyPagedDeliveryOut]:
    """What was, or is to be, sent there, newest first."""
    return Call(
        "GET",
        "/api/v1/webhooks/{webhook_id}/deliveries",
        path={"webhook_id": webhook_id},
        query={"status": status, "page": page, "per_page": per_page},
    )


def list_webhooks(*, page: int | None = None, per_page: int | None = None) -> Call[types.NotifyPagedWebhookOut]:
    """The caller's webhooks, newest first."""
    return Call("GET", "/api/v1/webhooks", query={"page": page, "per_page": per_page})


def list_workflows(
    *,
    workflow_type: types.WorkflowWorkflowType | None = None,
    status: types.WorkflowStatus | None = None,
    product_line: types.WorkflowProductLineKey | None = None,
    created_from: str | None = None,
    created_before: str | None = None,
    page: int | None = None,
    per_page: int | None = None,
    fields: str | None = None,
) -> Call[types.WorkflowPagedWorkflowSummary]:
    """Your workflows, newest first."""
    return Call(
        "GET",
        "/api/v1/workflows",
        query={
            "workflow_type": workflow_type,
            "status": status,
            "product_line": product_line,
            "created_from": created_from,
            "created_before": created_before,
            "page": page,
            "per_page": per_page,
            "fields": fields,
        },
    )


def list_youtube_uploads(
    *,
    status: Literal["pending", "processing", "complete", "completed", "failed"] | None = None,
    page: int | None = None,
    per_page: int | None = None,
    fields: str | None = None,
) -> Call[types.ExportPagedUploadOut]:
    """The caller's uploads, newest first."""
    return Call(
        "GET", "/api/v1/youtube/videos", query={"status": status, "page": page, "per_page": per_page, "fields": fields}
    )


def login(
    body: types.UsersLoginIn, *, x_product_line: Literal["talkingphoto", "reely", "filmstudio", "pixie"] | None = None
) -> Call[types.UsersTokensOut | types.UsersChallengeOut]:
    """Open a session in the product line that the request says, else in the account's own."""
    return Call("POST", "/api/v1/auth/login", body=body, header={"X-Product-Line": x_product_line})


def logout() -> Call[None]:
    """End this session."""
    return Call("POST", "/api/v1/auth/logout", answers="nothing")


def make_film_plan(project_id: str, body: types.WorkflowPlanIn) -> Call[types.WorkflowPlanOut]:
    """Cut the project's script into scenes and shots that fill its minutes."""
    return Call("POST", "/api/v1/projects/{project_id}/plan", body=body, path={"project_id": project_id})


def mark_all_notifications_read() -> Call[types.NotifyReadOut]:
    """Mark every message of the caller as read."""
    return Call("POST", "/api/v1/notifications/read-all")


def mark_notification_read(notification_id: str) -> Call[types.NotifyReadOut]:
    """Mark one message as read; again is fine."""
    return Call("POST", "/api/v1/notifications/{notification_id}/read", path={"notification_id": notification_id})


def open_portal(body: types.BillingPortalIn) -> Call[types.BillingPortalOut]:
    """A link to the pages where you change how you pay and see your invoices."""
    return Call("POST", "/api/v1/billing/portal", body=body)


def optimize_export(body: types.ExportOptimizeIn) -> Call[types.ExportOptimizeOut]:
    """How the workflow could cost less, take less time or become better, with expected effects."""
    return Call("POST", "/api/v1/export/optimize", body=body)


def order_renditions(workflow_id: str, body: types.ExportShapesIn) -> Call[types.ExportRenditionsOut]:
    """Order a finished workflow's film for other platforms; nothing is made anew but the encoding, so it costs
    nothing."""
    return Call("POST", "/api/v1/export/kits/{workflow_id}/renditions", body=body, path={"workflow_id": workflow_id})


def preview_audio(body: types.AiRouterAudioPreviewIn) -> Call[bytes]:
    """Hear how a voice of this platform says a sentence: while you wait, for nothing."""
    return Call("POST", "/api/v1/ai/audio/preview", body=body, answers="bytes")


def preview_edit(body: types.AiRouterEditPreviewIn) -> Call[bytes]:
    """Look at what a recipe would make of a picture: at most a million pixels, while you wait, for nothing."""
    return Call("POST", "/api/v1/ai/image/edit/preview", body=body, answers="bytes")


def put_notification_preferences(body: types.NotifyPreferencesIn) -> Call[types.NotifyPreferencesOut]:
    """Decide all of it anew."""
    return Call("PUT", "/api/v1/notifications/preferences", body=body)


def rate_template(template_id: str, body: types.ExportFeedbackIn) -> Call[types.ExportFeedbackOut]:
    """Say how it went; what you said before of the same template is replaced."""
    return Call("POST", "/api/v1/export/templates/{template_id}/feedback", body=body, path={"template_id": template_id})


def read_clip_edits(workflow_id: str, number: int) -> Call[types.WorkflowClipEditsOut]:
    """The versions of a clip's edit list: what is kept of the video, how it looks, which words are written."""
    return Call(
        "GET",
        "/api/v1/workflows/{workflow_id}/clips/{number}/edits",
        path={"workflow_id": workflow_id, "number": number},
    )


def read_events(*, after: int | None = None, limit: int | None = None) -> Call[types.NotifyFeedOut]:
    """What happened to the caller's workflows, the oldest first, for who polls."""
    return Call("GET", "/api/v1/events", query={"after": after, "limit": limit})


def read_sign_in_providers() -> Call[types.UsersProvidersOut]:
    """Say who is set up to sign in with; nobody is where the settings name none."""
    return Call("GET", "/api/v1/auth/oauth/providers")


def recall_asset(asset_id: str) -> Call[types.WorkflowDraftOut]:
    """A draft of the order that made an asset, a file or an AI job's result, to change and send as a new one."""
    return Call("POST", "/api/v1/assets/{asset_id}/recall", path={"asset_id": asset_id})


def receive_razorpay_event(body: dict[str, Any]) -> Call[types.BillingReceived]:
    """Razorpay's webhook."""
    return Call("POST", "/api/v1/billing/webhooks/razorpay", body=body)


def receive_stripe_event(body: dict[str, Any]) -> Call[types.BillingReceived]:
    """Stripe's webhook."""
    return Call("POST", "/api/v1/billing/webhooks/stripe", body=body)


def recover_webhook(webhook_id: str, body: types.NotifyRecoverIn) -> Call[types.NotifyRecovered]:
    """Switch a webhook on again and send what happened since a moment and did not arrive, each once and in
    order."""
    return Call("POST", "/api/v1/webhooks/{webhook_id}/recover", body=body, path={"webhook_id": webhook_id})


def redo_clip_edit(
    workflow_id: str, number: int, *, idempotency_key: str | None = None
) -> Call[types.WorkflowClipEdited]:
    """Have the clip made with the edit that was undone last."""
    return Call(
        "POST",
        "/api/v1/workflows/{workflow_id}/clips/{number}/edits/redo",
        path={"workflow_id": workflow_id, "number": number},
        header={"idempotency-key": idempotency_key},
        repeatable=True,
    )


def refresh_tokens(
    body: types.UsersRefreshIn, *, x_product_line: Literal["talkingphoto", "reely", "filmstudio", "pixie"] | None = None
) -> Call[types.UsersTokensOut]:
    """Exchange a refresh token for new tokens of the same session."""
    return Call("POST", "/api/v1/auth/refresh", body=body, header={"X-Product-Line": x_product_line})


def regenerate_project(project_id: str, *, idempotency_key: str | None = None) -> Call[types.WorkflowGenerateOut]:
    """Have the project's video made anew from what the project says now."""
    return Call(
        "POST",
        "/api/v1/projects/{project_id}/regenerate",
        path={"project_id": project_id},
        header={"idempotency-key": idempotency_key},
        repeatable=True,
    )


def register(
    body: types.UsersRegisterIn,
    *,
    x_product_line: Literal["talkingphoto", "reely", "filmstudio", "pixie"] | None = None,
) -> Call[types.UsersUserOut]:
    """Open an account."""
    return Call("POST", "/api/v1/auth/register", body=body, header={"X-Product-Line": x_product_line})


def remove_project_asset(project_id: str, asset_id: str) -> Call[None]:
    """Take a file out of a project; the file stays."""
    return Call(
        "DELETE",
        "/api/v1/projects/{project_id}/assets/{asset_id}",
        path={"project_id": project_id, "asset_id": asset_id},
        answers="nothing",
    )


def renew_recovery_codes(body: types.UsersProofAndCodeIn) -> Call[types.UsersRecoveryCodesOut]:
    """Get ten new recovery codes instead of the old ones; other sessions end."""
    return Call("POST", "/api/v1/users/me/second-factor/recovery-codes", body=body)


def request_data_export() -> Call[types.UsersDataExportOut]:
    """Have everything that is known of the caller put into one archive."""
    return Call("POST", "/api/v1/users/me/data-export")


def rerun_workflow(
    workflow_id: str, body: types.WorkflowRerunIn, *, from_: str | None = None, idempotency_key: str | None = None
) -> Call[types.WorkflowRerunOut]:
    """Make a new workflow of a completed one: what is the same is used again, the rest is made, and paid for."""
    return Call(
        "POST",
        "/api/v1/workflows/{workflow_id}/rerun",
        body=body,
        path={"workflow_id": workflow_id},
        query={"from": from_},
        header={"idempotency-key": idempotency_key},
        repeatable=True,
    )


def resend_verification(
    body: types.UsersAddressIn, *, x_product_line: Literal["talkingphoto", "reely", "filmstudio", "pixie"] | None = None
) -> Call[types.UsersLetterOut]:
    """Have the link that proves an address sent again, three times an hour."""
    return Call("POST", "/api/v1/auth/verify-email/resend", body=body, header={"X-Product-Line": x_product_line})


def resend_webhook_delivery(webhook_id: str, delivery_id: str) -> Call[types.NotifyDeliveryOrdered]:
    """Send one delivery again, whatever became of it."""
    return Call(
        "POST",
        "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend",
        path={"webhook_id": webhook_id, "delivery_id": delivery_id},
    )


def reset_password(body: types.UsersResetIn) -> Call[types.UsersLetterOut]:
    """Set a new password with the token of a letter's link; every session ends."""
    return Call("POST", "/api/v1/auth/reset-password", body=body)


def restore_film_take(project_id: str, shot_id: str, body: types.WorkflowRestoreIn) -> Call[types.WorkflowPlanOut]:
    """Go back to a take of the shot."""
    return Call(
        "POST",
        "/api/v1/projects/{project_id}/plan/shots/{shot_id}/restore",
        body=body,
        path={"project_id": project_id, "shot_id": shot_id},
    )


def restore_project_version(project_id: str, number: int) -> Call[types.WorkflowProjectOut]:
    """Make the project what it was in a version; that makes a new version, so nothing is lost."""
    return Call(
        "POST",
        "/api/v1/projects/{project_id}/versions/{number}/restore",
        path={"project_id": project_id, "number": number},
    )


def resume_subscription(*, idempotency_key: str | None = None) -> Call[types.BillingSubscriptionOut]:
    """Let a subscription that was to end go on."""
    return Call(
        "POST", "/api/v1/billing/subscription/resume", header={"idempotency-key": idempotency_key}, repeatable=True
    )


def retake_film_shot(project_id: str, shot_id: str) -> Call[types.WorkflowPlanOut]:
    """Have a shot come out otherwise the next time the film is made."""
    return Call(
        "POST",
        "/api/v1/projects/{project_id}/plan/shots/{shot_id}/retake",
        path={"project_id": project_id, "shot_id": shot_id},
    )


def retry_workflow(workflow_id: str, *, idempotency_key: str | None = None) -> Call[types.WorkflowStatusOut]:
    """Try a failed or cancelled workflow again, from its first unfinished step."""
    return Call(
        "POST",
        "/api/v1/workflows/{workflow_id}/retry",
        path={"workflow_id": workflow_id},
        header={"idempotency-key": idempotency_key},
        repeatable=True,
    )


def revoke_api_key(key_id: str) -> Call[None]:
    """End a key at once."""
    return Call("DELETE", "/api/v1/users/me/api-keys/{key_id}", path={"key_id": key_id}, answers="nothing")


def rotate_api_key(key_id: str, body: types.UsersRotationIn) -> Call[types.UsersNewApiKeyOut]:
    """Replace a key by a new one that may do the same; for a while both work."""
    return Call("POST", "/api/v1/users/me/api-keys/{key_id}/rotate", body=body, path={"key_id": key_id})


def rotate_webhook_secret(webhook_id: str) -> Call[types.NotifySecretOut]:
    """Make a new secret; for a day what is sent is signed with the old one as well."""
    return Call("POST", "/api/v1/webhooks/{webhook_id}/rotate-secret", path={"webhook_id": webhook_id})


def send_bytes(
    multipart_id: str,
    *,
    tus_resumable: str | None = None,
    upload_offset: str | None = None,
    upload_checksum: str | None = None,
    content: bytes | None = None,
    content_type: str = "application/offset+octet-stream",
) -> Call[None]:
    """Send the next bytes."""
    return Call(
        "PATCH",
        "/api/v1/files/multipart/{multipart_id}",
        content=content,
        content_type=content_type,
        path={"multipart_id": multipart_id},
        header={"Tus-Resumable": tus_resumable, "Upload-Offset": upload_offset, "Upload-Checksum": upload_checksum},
        answers="nothing",
    )


def share_project(project_id: str, body: types.WorkflowShareIn) -> Call[types.WorkflowShareMade]:
    """Share the project with an account, to look or to change, or make a link to it that ends."""
    return Call("POST", "/api/v1/projects/{project_id}/share", body=body, path={"project_id": project_id})


def submit_batch(
    content: bytes,
    *,
    name: str | None = None,
    dry_run: bool | None = None,
    all_or_nothing: bool | None = None,
    content_type: str = "text/csv",
) -> Call[types.WorkflowBatchOut]:
    """Order many videos with one manifest."""
    return Call(
        "POST",
        "/api/v1/batches",
        content=content,
        content_type=content_type,
        query={"name": name, "dry_run": dry_run, "all_or_nothing": all_or_nothing},
    )


def subscribe(body: types.BillingCheckoutIn, *, idempotency_key: str | None = None) -> Call[types.BillingCheckoutOut]:
    """Begin a subscription: it counts once it is paid for on the page that this answers."""
    return Call(
        "POST", "/api/v1/billing/subscription", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def sync_lips(body: types.AiRouterLipSyncIn, *, idempotency_key: str | None = None) -> Call[types.AiRouterJobAccepted]:
    """Fit the lips of a video to a sound."""
    return Call("POST", "/api/v1/ai/lip-sync", body=body, header={"idempotency-key": idempotency_key}, repeatable=True)


def top_up(body: types.BillingTopUpIn, *, idempotency_key: str | None = None) -> Call[types.BillingTopUpOut]:
    """Buy a plan's credits once, and have the plan for a month."""
    return Call(
        "POST", "/api/v1/billing/credits/topup", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def transcribe_audio(
    body: types.AiRouterTranscribeIn, *, idempotency_key: str | None = None
) -> Call[types.AiRouterJobAccepted]:
    """Have what is said in a recording written down, with the time of each word."""
    return Call(
        "POST", "/api/v1/ai/audio/transcribe", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def trim_video(body: types.WorkflowTrimIn, *, idempotency_key: str | None = None) -> Call[types.WorkflowClipAccepted]:
    """Have a part of a video cut out, exact to the frame."""
    return Call("POST", "/api/v1/trim", body=body, header={"idempotency-key": idempotency_key}, repeatable=True)


def try_webhook(webhook_id: str) -> Call[types.NotifyDeliveryOrdered]:
    """Send something to see whether it arrives; its delivery says so."""
    return Call("POST", "/api/v1/webhooks/{webhook_id}/test", path={"webhook_id": webhook_id})


def undo_clip_edit(
    workflow_id: str, number: int, *, idempotency_key: str | None = None
) -> Call[types.WorkflowClipEdited]:
    """Have the clip made as it was before its last edit."""
    return Call(
        "POST",
        "/api/v1/workflows/{workflow_id}/clips/{number}/edits/undo",
        path={"workflow_id": workflow_id, "number": number},
        header={"idempotency-key": idempotency_key},
        repeatable=True,
    )


def undo_workflow(workflow_id: str) -> Call[types.WorkflowStatusOut]:
    """For operators: try again to give back what could not be given back."""
    return Call("POST", "/api/v1/workflows/{workflow_id}/undo", path={"workflow_id": workflow_id})


def unpark_workflow(workflow_id: str) -> Call[types.WorkflowStatusOut]:
    """For operators: let a parked workflow go on where it stood."""
    return Call("POST", "/api/v1/workflows/{workflow_id}/unpark", path={"workflow_id": workflow_id})


def unsubscribe(token: str) -> Call[bytes]:
    """Send no more letters of this kind; again is fine."""
    return Call("POST", "/api/v1/notifications/unsubscribe", query={"token": token}, answers="bytes")


def update_me(body: types.UsersProfileIn) -> Call[types.UsersUserOut]:
    """Change name, username, avatar, time zone or language."""
    return Call("PUT", "/api/v1/users/me", body=body)


def upload_file(upload: Upload, *, idempotency_key: str | None = None) -> Call[types.WorkflowFileOut]:
    """Upload a file."""
    return Call("POST", "/api/v1/files", upload=upload, header={"idempotency-key": idempotency_key}, repeatable=True)


def upload_to_youtube(body: types.ExportUploadIn, *, idempotency_key: str | None = None) -> Call[types.ExportUploadOut]:
    """Upload a project's finished video to the connected channel, in the background."""
    return Call(
        "POST", "/api/v1/youtube/upload", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def upscale_image(
    body: types.AiRouterUpscaleIn, *, idempotency_key: str | None = None
) -> Call[types.AiRouterJobAccepted]:
    """Make a picture two or four times as large."""
    return Call(
        "POST", "/api/v1/ai/image/upscale", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def vary_image(
    body: types.AiRouterVariationsIn, *, idempotency_key: str | None = None
) -> Call[types.AiRouterJobAccepted]:
    """Make pictures like one that is there."""
    return Call(
        "POST", "/api/v1/ai/image/variations", body=body, header={"idempotency-key": idempotency_key}, repeatable=True
    )


def verify_email(body: types.UsersTokenIn) -> Call[types.UsersProvedOut]:
    """Prove an address with the token of a letter's link; a new address takes the old one's place."""
    return Call("POST", "/api/v1/auth/verify-email", body=body)


def verify_file(upload: Upload) -> Call[types.ExportVerificationOut]:
    """Ask whether a picture or video was made here, also when it was compressed, rescaled or stripped since."""
    return Call("POST", "/api/v1/verify", upload=upload)
