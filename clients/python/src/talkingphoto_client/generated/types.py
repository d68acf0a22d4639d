"""What the API takes and answers, as JSON.

Made by `make client`, of the API's document; change the API instead.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class AiRouterAdjustStep(TypedDict):
    """Change colour and light."""

    op: Literal["adjust"]
    exposure: NotRequired[float]
    contrast: NotRequired[float]
    highlights: NotRequired[float]
    shadows: NotRequired[float]
    temperature: NotRequired[float]
    tint: NotRequired[float]
    saturation: NotRequired[float]


class AiRouterAudioIn(TypedDict):
    """Have a text spoken."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    text: str
    voice: NotRequired[AiRouterVoice]
    language: NotRequired[AiRouterLanguage]
    speed: NotRequired[float | None]


class AiRouterAudioPreviewIn(TypedDict):
    """A voice, and what it says."""

    text: str
    voice: NotRequired[AiRouterVoice]
    language: NotRequired[AiRouterLanguage]


class AiRouterBackgroundStep(TypedDict):
    """Change what is behind the person in front."""

    op: Literal["background"]
    mode: Literal["blur", "colour", "picture", "transparent"]
    radius: NotRequired[float]
    colour: NotRequired[str]


AiRouterBreakerState: TypeAlias = Literal["closed", "open", "half_open"]
"""What a breaker lets through: everything, nothing, one call."""


class AiRouterCallOut(TypedDict):
    """One call of a provider."""

    provider: str
    attempt: int
    paid: bool
    state: str
    failure: str | None
    duration_ms: int | None
    cost: str | None
    started_at: str


class AiRouterCandidateOut(TypedDict):
    """Somebody who can do it."""

    provider: str
    reason: str
    estimated_cost: str
    clips: NotRequired[int]


AiRouterCapability: TypeAlias = Literal[
    "image_enhancement",
    "image_generation",
    "image_edit",
    "image_upscale",
    "video_generation",
    "audio_generation",
    "lip_sync",
    "music_generation",
    "transcription",
    "hook_detection",
    "workflow_optimization",
    "source_fetch",
    "video_trim",
    "clip_rendering",
    "film_shot",
    "film_join",
]
"""What ai-router can be asked for; also the job type."""


class AiRouterChoiceOut(TypedDict):
    """One choice, with everything it depended on."""

    ranked: list[AiRouterCandidateOut]
    dropped: list[AiRouterDroppedOut]
    catalogue: str
    depended_on: dict[str, Any]
    recomputed: bool | None


class AiRouterCropStep(TypedDict):
    """Keep a part of the picture."""

    op: Literal["crop"]
    left: NotRequired[float]
    top: NotRequired[float]
    width: NotRequired[float]
    height: NotRequired[float]
    aspect: NotRequired[str | None]


class AiRouterDenoiseStep(TypedDict):
    """Take away grain."""

    op: Literal["denoise"]
    strength: NotRequired[float]


class AiRouterDroppedOut(TypedDict):
    """Somebody who cannot do it now."""

    provider: str
    reason: str


class AiRouterEditIn(TypedDict):
    """Change a picture: as words say, or by a recipe of steps."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    file_id: NotRequired[str | None]
    job_id: NotRequired[str | None]
    prompt: NotRequired[str | None]
    negative_prompt: NotRequired[str | None]
    mask_file_id: NotRequired[str | None]
    recipe: NotRequired[
        list[
            AiRouterCropStep
            | AiRouterRotateStep
            | AiRouterFlipStep
            | AiRouterStraightenStep
            | AiRouterAdjustStep
            | AiRouterBackgroundStep
            | AiRouterTextStep
            | AiRouterLogoStep
            | AiRouterSharpenStep
            | AiRouterDenoiseStep
            | AiRouterUpscaleStep
        ]
        | None
    ]
    logo_file_id: NotRequired[str | None]
    background_file_id: NotRequired[str | None]


class AiRouterEditPreviewIn(TypedDict):
    """Look at what a recipe would make of a picture."""

    file_id: NotRequired[str | None]
    job_id: NotRequired[str | None]
    recipe: list[
        AiRouterCropStep
        | AiRouterRotateStep
        | AiRouterFlipStep
        | AiRouterStraightenStep
        | AiRouterAdjustStep
        | AiRouterBackgroundStep
        | AiRouterTextStep
        | AiRouterLogoStep
        | AiRouterSharpenStep
        | AiRouterDenoiseStep
        | AiRouterUpscaleStep
    ]
    logo_file_id: NotRequired[str | None]
    background_file_id: NotRequired[str | None]


class AiRouterEnhanceIn(TypedDict):
    """Make a photo better."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    file_id: NotRequired[str | None]
    job_id: NotRequired[str | None]
    enhancement_type: NotRequired[str]
    strength: NotRequired[float | None]


class AiRouterFlipStep(TypedDict):
    """Mirror the picture."""

    op: Literal["flip"]
    direction: NotRequired[Literal["horizontal", "vertical"]]


class AiRouterGenerateIn(TypedDict):
    """Make pictures from words."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    prompt: str
    negative_prompt: NotRequired[str | None]
    size: NotRequired[str | None]
    count: NotRequired[int]


class AiRouterHooksIn(TypedDict):
    """Find the moments of a video that people would stop for."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    transcript: list[AiRouterSaidIn]
    duration: float
    count: NotRequired[int]
    language: NotRequired[AiRouterLanguage]


class AiRouterJobAccepted(TypedDict):
    """The order was accepted."""

    job_id: str
    status: AiRouterStatus
    estimated_time: float
    credits: int
    jobs: list[str]


class AiRouterJobOut(TypedDict):
    """One job in a list."""

    id: str
    job_type: AiRouterCapability
    status: AiRouterStatus
    progress: int
    workflow_id: NotRequired[str | None]
    provider: NotRequired[str | None]
    model_name: NotRequired[str | None]
    quality_score: NotRequired[float | None]
    cost: str
    project_id: NotRequired[str | None]
    credits_used: int
    attempts: int
    cache_hit: bool
    error_message: NotRequired[str | None]
    created_at: str
    updated_at: str
    completed_at: NotRequired[str | None]


class AiRouterJobResultOut(TypedDict):
    """What a job made."""

    job_id: str
    provider: str
    model: NotRequired[str | None]
    outputs: dict[str, AiRouterOutputOut]
    data: dict[str, Any]
    quality_score: NotRequired[float | None]
    measures: dict[str, float]
    reasons: list[str]
    ignored: list[str]
    cost: str
    credits: int
    cache_hit: bool
    warnings: list[str]


class AiRouterJobStatusOut(TypedDict):
    """How far a job is."""

    job_id: str
    status: AiRouterStatus
    progress: int
    message: NotRequired[str | None]
    estimated_time: NotRequired[float | None]
    estimated_seconds: NotRequired[float | None]


AiRouterLanguage: TypeAlias = Literal["en", "hi", "es", "fr", "de", "ja", "ko", "zh"]
"""Languages a script may be in."""


class AiRouterLipSyncIn(TypedDict):
    """Fit the lips of a video to a sound."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    video_file_id: NotRequired[str | None]
    video_job_id: NotRequired[str | None]
    video_url: NotRequired[str | None]
    audio_file_id: NotRequired[str | None]
    audio_job_id: NotRequired[str | None]
    audio_url: NotRequired[str | None]


class AiRouterLogoStep(TypedDict):
    """Lay the picture of `logo_file_id` over."""

    op: Literal["logo"]
    x: NotRequired[float]
    y: NotRequired[float]
    width: NotRequired[float]
    opacity: NotRequired[float]


class AiRouterModelOut(TypedDict):
    """A model that jobs can use."""

    id: str
    name: str
    provider: str
    model_type: AiRouterCapability
    description: str
    parameters: dict[str, Any]
    credits_per_use: int
    available: bool
    honours: list[str]
    languages: NotRequired[list[str] | None]
    longest_text: NotRequired[int | None]
    longest_s: NotRequired[float | None]
    clip_lengths: NotRequired[list[int]]


class AiRouterMusicIn(TypedDict):
    """Have music made."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    prompt: NotRequired[str | None]
    style: NotRequired[str | None]
    duration: NotRequired[int]


class AiRouterOutputOut(TypedDict):
    """One file of a result."""

    url: str
    mime_type: str
    size: int
    sha256: str


class AiRouterPagedJobOut(TypedDict):
    """AiRouterPagedJobOut."""

    items: list[AiRouterJobOut]
    total: int
    page: int
    per_page: int


class AiRouterPagedModelOut(TypedDict):
    """AiRouterPagedModelOut."""

    items: list[AiRouterModelOut]
    total: int
    page: int
    per_page: int


class AiRouterProviderHealthOut(TypedDict):
    """One provider for one capability."""

    provider: str
    capability: AiRouterCapability
    configured: bool
    status: AiRouterServiceHealth
    breaker: AiRouterBreakerState
    response_time_ms: NotRequired[int | None]
    checked_at: NotRequired[str | None]
    error: NotRequired[str | None]
    quality: float
    zero_cost: bool


AiRouterQuality: TypeAlias = Literal["economy", "balanced", "premium"]
"""What a user prefers when providers differ."""


class AiRouterRotateStep(TypedDict):
    """Turn clockwise."""

    op: Literal["rotate"]
    degrees: Literal[90, 180, 270]


class AiRouterRouteOut(TypedDict):
    """Why a job was done by whom."""

    job_id: str
    job_type: AiRouterCapability
    status: AiRouterStatus
    provider: str | None
    from_cache: bool
    choices: list[AiRouterChoiceOut]
    calls: list[AiRouterCallOut]


class AiRouterSaidIn(TypedDict):
    """One piece of a transcript."""

    start: float
    end: float
    text: str


AiRouterServiceHealth: TypeAlias = Literal["healthy", "unhealthy"]
"""Answer of a probe; below HTTP 400 is healthy."""


class AiRouterServicesHealth(TypedDict):
    """All providers of the catalogue."""

    services: list[AiRouterProviderHealthOut]


class AiRouterSharpenStep(TypedDict):
    """Make edges crisper."""

    op: Literal["sharpen"]
    amount: NotRequired[float]


AiRouterStatus: TypeAlias = Literal["pending", "processing", "completed", "failed", "cancelled"]
"""Of a workflow or an AI job."""


class AiRouterStraightenStep(TypedDict):
    """Turn a little, and cut away the empty corners."""

    op: Literal["straighten"]
    degrees: float


class AiRouterTextStep(TypedDict):
    """Write on the picture, in any writing that an installed font has."""

    op: Literal["text"]
    text: str
    x: NotRequired[float]
    y: NotRequired[float]
    size: NotRequired[float]
    width: NotRequired[float]
    colour: NotRequired[str]
    outline: NotRequired[str | None]
    opacity: NotRequired[float]
    align: NotRequired[Literal["start", "center", "end"]]


class AiRouterTranscribeIn(TypedDict):
    """Have what is said in a recording written down, with the time of each word."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    file_id: NotRequired[str | None]
    job_id: NotRequired[str | None]
    url: NotRequired[str | None]
    language: NotRequired[AiRouterLanguage | None]


class AiRouterUpscaleIn(TypedDict):
    """Make a picture larger."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    file_id: NotRequired[str | None]
    job_id: NotRequired[str | None]
    factor: NotRequired[Literal[2, 4]]


class AiRouterUpscaleStep(TypedDict):
    """Make the picture larger; a preview leaves it out."""

    op: Literal["upscale"]
    factor: NotRequired[Literal[2, 4]]


class AiRouterUsageOut(TypedDict):
    """What a user's AI jobs have taken, by model and day."""

    user_id: str
    start: str
    end: str
    jobs: int
    credits: int
    cost: str
    items: list[AiRouterUsedOut]


class AiRouterUsedOut(TypedDict):
    """What one model was used for on one day."""

    day: str
    job_type: AiRouterCapability
    provider: str | None
    model_name: str | None
    jobs: int
    completed: int
    cache_hits: int
    credits: int
    cost: str


class AiRouterVariationsIn(TypedDict):
    """Make pictures like one that is there."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    file_id: NotRequired[str | None]
    job_id: NotRequired[str | None]
    prompt: NotRequired[str]
    strength: NotRequired[float]
    count: NotRequired[int]


class AiRouterVideoIn(TypedDict):
    """Make a short film: of a photo that speaks a script, or of what a prompt says."""

    model: NotRequired[str | None]
    provider: NotRequired[str | None]
    seed: NotRequired[int | None]
    quality_preference: NotRequired[AiRouterQuality]
    project_id: NotRequired[str | None]
    file_id: NotRequired[str | None]
    job_id: NotRequired[str | None]
    prompt: NotRequired[str | None]
    script: NotRequired[str | None]
    language: NotRequired[AiRouterLanguage | None]
    voice: NotRequired[AiRouterVoice | None]
    duration: NotRequired[int]
    size: NotRequired[str | None]


AiRouterVoice: TypeAlias = Literal["male", "female", "neutral"]
"""Who speaks."""


class BillingBalanceOut(TypedDict):
    """Credits: ``balance`` is settled, ``reserved`` is held for running work, ``available`` is the difference."""

    product_line: BillingProductLineKey
    plan_type: str
    balance: int
    reserved: int
    available: int
    bought: int
    credits_per_minute: int | None
    grants: list[BillingbillingledgerendpointsGrantOut]


class BillingCancelIn(TypedDict):
    """When a subscription is to end."""

    at_once: NotRequired[bool]


BillingCategory: TypeAlias = Literal["promotional", "plan", "bought"]
"""Where credits come from."""


class BillingChangeIn(TypedDict):
    """The plan that is wanted instead."""

    plan: str
    interval: NotRequired[Literal["month", "year"]]


class BillingCheckoutIn(TypedDict):
    """A plan to be bought."""

    plan: str
    interval: NotRequired[Literal["month", "year"]]
    success_url: str
    cancel_url: str


class BillingCheckoutOut(TypedDict):
    """A purchase and the page where it is paid for."""

    id: str
    kind: BillingPurchaseKind
    plan_type: str
    amount: str
    currency: str
    status: str
    checkout_id: str | None
    checkout_url: str | None
    trial_days: int


class BillingCostRange(TypedDict):
    """What AI work costs us, in rupees."""

    minimum: str
    expected: str
    maximum: str


class BillingCreditsRange(TypedDict):
    """Credits, from the least to the most."""

    minimum: int
    expected: int
    maximum: int


class BillingDeliveredOut(TypedDict):
    """One thing that was delivered and charged for."""

    run_id: str
    action: str
    units: int
    credits: int
    cost: str
    quote_id: str | None
    at: str


class BillingHistoryOut(TypedDict):
    """What was used: by month, and one by one."""

    months: list[BillingMonthOut]
    log: BillingPagedDeliveredOut


class BillingInvoiceOut(TypedDict):
    """One invoice."""

    id: str
    number: str | None
    amount: str
    tax: str
    currency: str
    status: str
    page_url: str | None
    pdf_url: str | None
    issued_at: str


BillingKind: TypeAlias = Literal["talking_photo", "trim", "auto_hooks", "film", "image"]
"""What can be ordered."""


class BillingMeterOut(TypedDict):
    """Use of one meter this month; a limit of -1 is unlimited, or leaves it to the credits."""

    used: int
    limit: int
    left: int | None


class BillingMonthOut(TypedDict):
    """What was delivered of one kind in one calendar month."""

    month: str
    action: str
    times: int
    units: int
    credits: int
    cost: str


class BillingNextInvoiceOut(TypedDict):
    """What will be charged next, before tax."""

    amount: str
    currency: str
    due_at: str


class BillingObstacle(TypedDict):
    """Why the account cannot pay for it now."""

    reason: str
    message: str
    upgrade_to: list[str]
    anew_at: str | None


class BillingPagedDeliveredOut(TypedDict):
    """BillingPagedDeliveredOut."""

    items: list[BillingDeliveredOut]
    total: int
    page: int
    per_page: int


class BillingPagedInvoiceOut(TypedDict):
    """BillingPagedInvoiceOut."""

    items: list[BillingInvoiceOut]
    total: int
    page: int
    per_page: int


class BillingPagedPaymentOut(TypedDict):
    """BillingPagedPaymentOut."""

    items: list[BillingPaymentOut]
    total: int
    page: int
    per_page: int


class BillingPagedPeriodOut(TypedDict):
    """BillingPagedPeriodOut."""

    items: list[BillingPeriodOut]
    total: int
    page: int
    per_page: int


class BillingPagedPlanOut(TypedDict):
    """BillingPagedPlanOut."""

    items: list[BillingPlanOut]
    total: int
    page: int
    per_page: int


class BillingPagedTransactionOut(TypedDict):
    """BillingPagedTransactionOut."""

    items: list[BillingTransactionOut]
    total: int
    page: int
    per_page: int


class BillingPaymentOut(TypedDict):
    """One payment; ``refunded`` of it was given back."""

    id: str
    amount: str
    refunded: str
    currency: str
    status: str
    description: str
    plan_type: str | None
    failure_reason: str | None
    billing_period_start: str | None
    billing_period_end: str | None
    created_at: str


class BillingPeriodOut(TypedDict):
    """What was used of a meter in a billing month that is over."""

    meter: str
    period_start: str
    period_end: str
    plan_type: str
    used: int
    limit: int


class BillingPlanOut(TypedDict):
    """One plan."""

    plan_type: str
    name: str
    description: str
    price_monthly: str
    price_yearly: str | None
    currency: str
    credits_per_month: int
    credits_per_minute: int | None
    max_video_seconds: int | None
    quotas: dict[str, int]
    features: dict[str, Any]
    trial_days: NotRequired[int]
    run_budget: str


class BillingPortalIn(TypedDict):
    """Where to return to."""

    return_url: str


class BillingPortalOut(TypedDict):
    """A short-lived link."""

    url: str


BillingProductLineKey: TypeAlias = Literal["talkingphoto", "reely", "filmstudio", "pixie"]
"""The four products."""
BillingPurchaseKind: TypeAlias = Literal["plan", "plan_month"]
"""A plan that renews, or a plan's credits and the plan for one month."""


class BillingQuoteIn(TypedDict):
    """What is to be ordered."""

    kind: BillingKind
    count: NotRequired[int]
    seconds: NotRequired[int | None]


class BillingQuoteOut(TypedDict):
    """What an order will cost."""

    id: str
    kind: BillingKind
    plan_type: str
    credits: BillingCreditsRange
    meter: str | None
    units: int
    cost: BillingCostRange
    steps: list[BillingStepQuote]
    run_budget: str
    obstacle: BillingObstacle | None
    valid_until: str


class BillingReceived(TypedDict):
    """The event is kept."""

    received: NotRequired[bool]


class BillingStepQuote(TypedDict):
    """One step of an order."""

    step: str
    cost: BillingCostRange


class BillingSubscriptionOut(TypedDict):
    """The plan somebody is on, and how it goes on."""

    product_line: BillingProductLineKey
    plan: str
    status: Literal["incomplete", "trialing", "active", "past_due", "cancelled", "expired"]
    interval: Literal["month", "year"] | None
    current_period_start: str
    current_period_end: str
    paid_until: str | None
    cancel_at_period_end: bool
    ends_at: str | None
    trial_ends_at: str | None
    next_plan: str | None
    change_pending: bool
    limits: dict[str, int]
    used: dict[str, int]
    next_invoice: BillingNextInvoiceOut | None


class BillingTopUpIn(TypedDict):
    """Credits to be bought, by the plan whose credits they are."""

    plan_type: str
    use_stored_method: NotRequired[bool]
    success_url: NotRequired[str | None]
    cancel_url: NotRequired[str | None]


class BillingTopUpOut(TypedDict):
    """The account after credits were bought."""

    credits_balance: int
    plan_type: str
    message: str


class BillingTransactionOut(TypedDict):
    """One entry of the ledger; negative is spent."""

    id: int
    transaction_type: str
    amount: int
    balance_after: int
    description: str
    reference: str | None
    created_at: str


class BillingUsageOut(TypedDict):
    """What was used this month, and what to do when it is not enough."""

    product_line: BillingProductLineKey
    plan_type: str
    period_start: str
    period_end: str
    meters: dict[str, BillingMeterOut]
    credits_available: int
    credits_used: int
    cost_incurred: str
    upgrade_to: list[str]


class BillingbillingledgerendpointsGrantOut(TypedDict):
    """What is left of credits that were given or bought at one time."""

    category: BillingCategory
    credits: int
    since: str
    expires_at: str | None
    priority: int


ExportCaptions: TypeAlias = Literal["files", "burned"]
"""Where the captions of a video are: in files beside it, or drawn into its pictures."""


class ExportConnectOut(TypedDict):
    """Where the user grants access."""

    authorization_url: str
    expires_at: str


class ExportConnectionOut(TypedDict):
    """The channel that is connected now."""

    channel_id: str
    channel_title: str


class ExportCostsIn(TypedDict):
    """A way of working."""

    workflow_type: NotRequired[ExportWorkflowType]
    platforms: NotRequired[list[str]]
    duration: NotRequired[int]
    volume: NotRequired[int]
    tools: NotRequired[list[ExportToolIn | str]]


class ExportCostsOut(TypedDict):
    """What the way of working costs."""

    steps: list[ExportStepCostOut]
    tools: list[ExportToolCostOut]
    total_per_workflow: str
    total_per_month: str
    minutes_per_workflow: int
    minutes_per_month: int
    formula: NotRequired[str]


ExportDifficulty: TypeAlias = Literal["beginner", "intermediate", "advanced"]
"""Of an export template."""


class ExportEffectOut(TypedDict):
    """What a suggestion is expected to change."""

    rupees_per_month: str
    minutes_per_month: int
    quality: NotRequired[str | None]


class ExportEntryOut(TypedDict):
    """What was asked for once."""

    id: str
    kind: Literal["kit", "instructions", "optimization"]
    request: dict[str, Any]
    result_id: NotRequired[str | None]
    result_url: NotRequired[str | None]
    created_at: str


class ExportFeedbackIn(TypedDict):
    """How it went."""

    success: bool
    rating: NotRequired[int | None]


class ExportFeedbackOut(TypedDict):
    """The template's figures, yours among them."""

    template_id: str
    success_rate: float
    user_rating: float | None


class ExportFileOut(TypedDict):
    """One file with a link to it."""

    url: str
    mime_type: str
    size: int
    sha256: str


class ExportInstructionsIn(TypedDict):
    """A finished or running workflow, or a kind of video that is made elsewhere."""

    workflow_id: NotRequired[str | None]
    workflow_type: NotRequired[ExportWorkflowType]
    platforms: NotRequired[list[str] | None]
    difficulty: NotRequired[ExportDifficulty | None]
    title: NotRequired[str | None]
    script: NotRequired[str | None]


class ExportInstructionsOut(TypedDict):
    """Instructions for every platform that was asked for."""

    id: str
    workflow_id: str | None
    workflow_type: ExportWorkflowType
    instructions: list[ExportPlatformInstructions]
    estimated_time_minutes: int


class ExportKitOut(TypedDict):
    """The kit of a workflow."""

    id: str
    workflow_id: str
    platforms: list[ExportPlatform]
    package: ExportFileOut
    renditions: dict[str, dict[str, ExportFileOut]]
    files: list[str]
    created_at: str
    expires_at: str


class ExportOptimizeIn(TypedDict):
    """A way of working, and what is wanted more of."""

    workflow_type: NotRequired[ExportWorkflowType]
    platforms: NotRequired[list[str]]
    duration: NotRequired[int]
    volume: NotRequired[int]
    tools: NotRequired[list[ExportToolIn | str]]
    goal: NotRequired[Literal["cost", "time", "quality"]]


class ExportOptimizeOut(TypedDict):
    """Suggestions, the most useful first."""

    id: str
    current: ExportCostsOut
    suggestions: list[ExportSuggestionOut]


class ExportPagedEntryOut(TypedDict):
    """ExportPagedEntryOut."""

    items: list[ExportEntryOut]
    total: int
    page: int
    per_page: int


class ExportPagedTemplateOut(TypedDict):
    """ExportPagedTemplateOut."""

    items: list[ExportTemplateOut]
    total: int
    page: int
    per_page: int


class ExportPagedUploadOut(TypedDict):
    """ExportPagedUploadOut."""

    items: list[ExportUploadOut]
    total: int
    page: int
    per_page: int


ExportPlatform: TypeAlias = Literal["instagram", "tiktok", "youtube"]
"""Where a video is published."""


class ExportPlatformInstructions(TypedDict):
    """How to publish on one platform."""

    platform: str
    name: str
    template_id: str | None
    template_name: str
    difficulty_level: ExportDifficulty
    steps: list[str]
    instructions_html: str
    prompt: str
    settings: dict[str, Any]
    assets_required: list[str]
    tools_required: list[str]
    estimated_time_minutes: int
    caption: str
    hashtags: list[str]


ExportProjectStatus: TypeAlias = Literal["pending", "processing", "complete", "failed"]
"""Of a project or a YouTube upload, as clients see it."""


class ExportRenditionOut(TypedDict):
    """One film in one shape."""

    id: str
    platform: str
    draft: NotRequired[bool]
    status: Literal["pending", "completed", "failed", "cancelled"]
    message: NotRequired[str | None]
    files: NotRequired[dict[str, ExportFileOut]]
    width: NotRequired[int | None]
    height: NotRequired[int | None]
    duration: NotRequired[float | None]
    warnings: NotRequired[list[str]]
    conformance: NotRequired[dict[str, list[ExportRuleOut]]]
    created_at: str


class ExportRenditionsOut(TypedDict):
    """Every shape of a film."""

    items: list[ExportRenditionOut]


class ExportRequirements(TypedDict):
    """What a video must be to be published there, and what may stand beside it."""

    name: str
    format: NotRequired[str]
    video_codec: NotRequired[Literal["h264", "vp9", "av1"]]
    audio_codec: NotRequired[str]
    aspect_ratio: str
    width: int
    height: int
    frame_rate: NotRequired[float]
    frame_rate_min: NotRequired[float | None]
    frame_rate_max: NotRequired[float | None]
    crf: NotRequired[int]
    video_bit_rate: NotRequired[int | None]
    max_bit_rate: NotRequired[int | None]
    audio_bit_rate: NotRequired[int]
    sample_rate: NotRequired[int]
    loudness_lufs: NotRequired[float]
    true_peak_db: NotRequired[float]
    min_duration_s: NotRequired[float | None]
    max_duration_s: NotRequired[float | None]
    max_duration_source: NotRequired[str | None]
    max_duration_checked: NotRequired[str | None]
    max_size_mb: int
    caption_length: int
    title_length: NotRequired[int | None]
    hashtags: int
    fit: NotRequired[Literal["crop", "pad", "auto"]]
    reserved: NotRequired[ExportReserved]
    reserved_source: NotRequired[str | None]
    caption_files: NotRequired[list[Literal["srt", "vtt"]]]
    declarations: NotRequired[list[str]]
    source: NotRequired[str | None]
    checked: NotRequired[str | None]


class ExportRequirementsOut(TypedDict):
    """The platform's requirements, and those of its other shapes."""

    platform: str
    variant: NotRequired[str]
    version: NotRequired[int]
    values: ExportRequirements
    variants: NotRequired[dict[str, ExportRequirements]]


class ExportReserved(TypedDict):
    """What a platform draws its own buttons and texts over: shares of width and height from each side."""

    left: NotRequired[float]
    top: NotRequired[float]
    right: NotRequired[float]
    bottom: NotRequired[float]


class ExportRuleOut(TypedDict):
    """One rule of a platform's row, and what was measured."""

    rule: str
    wanted: str
    found: str
    holds: bool


class ExportShapesIn(TypedDict):
    """What a finished film is wanted for as well."""

    platforms: list[str]
    captions: NotRequired[ExportCaptions]
    highlight_words: NotRequired[bool]
    draft: NotRequired[bool]
    when_too_long: NotRequired[ExportWhenTooLong]


class ExportStepCostOut(TypedDict):
    """One step."""

    step: str
    cost: str
    formula: str
    source: str


class ExportSuggestionOut(TypedDict):
    """One suggestion."""

    kind: str
    text: str
    effect: ExportEffectOut
    formula: str
    source: str


class ExportTemplateOut(TypedDict):
    """How to publish one kind of video on one platform."""

    id: str
    workflow_type: ExportWorkflowType
    platform: ExportPlatform
    template_name: str
    instructions_html: str
    prompt_template: str
    settings_json: dict[str, Any]
    assets_required: list[str]
    difficulty_level: ExportDifficulty
    estimated_time_minutes: int
    tools_required: list[str]
    usage_count: int
    success_rate: NotRequired[float | None]
    user_rating: NotRequired[float | None]


class ExportToolCostOut(TypedDict):
    """One tool."""

    name: str
    monthly_cost: str
    per_video: str
    minutes_per_video: int


class ExportToolIn(TypedDict):
    """A tool that is used beside the platform."""

    name: str
    purpose: NotRequired[Literal["captions", "covers", "editing", "publishing", "other"]]
    monthly_cost: NotRequired[str]
    minutes_per_video: NotRequired[int]


class ExportUploadIn(TypedDict):
    """An upload of a project's finished video."""

    project_id: str
    channel_id: NotRequired[str | None]
    playlist_id: NotRequired[str | None]
    captions: NotRequired[bool]
    thumbnail: NotRequired[bool]
    privacy: NotRequired[Literal["private", "unlisted", "public"] | None]


class ExportUploadOut(TypedDict):
    """One upload."""

    id: str
    project_id: str
    channel_id: str
    video_id: str | None
    playlist_id: str | None
    upload_status: ExportProjectStatus
    progress: float
    error: str | None
    created_at: str
    updated_at: str


class ExportVerificationOut(TypedDict):
    """Whether a file was made here, and how that is known."""

    made_here: bool
    match: NotRequired[Literal["bytes", "film", "picture"] | None]
    score: float
    made_at: NotRequired[str | None]
    digital_source_type: NotRequired[str | None]
    stated_source_type: NotRequired[str | None]
    workflow_id: NotRequired[str | None]


ExportWhenTooLong: TypeAlias = Literal["split", "end_at_sentence"]
"""What becomes of a film that is longer than a platform takes."""


class ExportWholeEntryOut(TypedDict):
    """An entry with the answer."""

    id: str
    kind: Literal["kit", "instructions", "optimization"]
    request: dict[str, Any]
    result_id: NotRequired[str | None]
    result_url: NotRequired[str | None]
    created_at: str
    result: NotRequired[dict[str, Any] | None]


ExportWorkflowType: TypeAlias = Literal[
    "product_demo",
    "avatar_presentation",
    "lifestyle_content",
    "educational",
    "clip_trim",
    "clip_auto_hooks",
    "film_video",
]
"""What can be asked to be made."""


class GatewayDashboard(TypedDict):
    """Everything about a user's work at a glance."""

    name: str | None
    workflows: GatewayOwnWorkflowFigures | None
    recent: list[GatewayRecentWorkflow] | None
    quota: GatewayQuota | None
    insights: list[str]
    missing: list[str]


class GatewayMeterFigures(TypedDict):
    """One quota of the month."""

    used: int
    limit: int
    left: int | None


class GatewayOwnWorkflowFigures(TypedDict):
    """How yours went, in the product line of the session."""

    by_status: dict[str, int]
    success_rate: float | None
    average_seconds: float | None
    spend: str
    image_quality: float | None
    video_quality: float | None


class GatewayQuota(TypedDict):
    """What is left of the month."""

    plan_type: str
    credits_available: int
    period_end: str
    meters: dict[str, GatewayMeterFigures]
    upgrade_to: list[str]


class GatewayRecentWorkflow(TypedDict):
    """One of the latest workflows."""

    id: str
    workflow_type: GatewayWorkflowType
    title: str | None
    status: GatewayStatus
    progress: int
    created_at: str


GatewayStatus: TypeAlias = Literal["pending", "processing", "completed", "failed", "cancelled"]
"""Of a workflow or an AI job."""


class GatewayTicketOut(TypedDict):
    """An address that is good for one connection."""

    url: str
    expires_in: int


GatewayWorkflowType: TypeAlias = Literal[
    "product_demo",
    "avatar_presentation",
    "lifestyle_content",
    "educational",
    "clip_trim",
    "clip_auto_hooks",
    "film_video",
]
"""What can be asked to be made."""
NotifyCapability: TypeAlias = Literal[
    "image_enhancement",
    "image_generation",
    "image_edit",
    "image_upscale",
    "video_generation",
    "audio_generation",
    "lip_sync",
    "music_generation",
    "transcription",
    "hook_detection",
    "workflow_optimization",
    "source_fetch",
    "video_trim",
    "clip_rendering",
    "film_shot",
    "film_join",
]
"""What ai-router can be asked for; also the job type."""


class NotifyChoice(TypedDict):
    """By which channels messages of a kind come."""

    in_app: NotRequired[bool]
    mail: NotRequired[bool]


class NotifyChoiceOut(TypedDict):
    """By which channels messages of a kind come."""

    in_app: bool
    mail: bool


class NotifyDeliveryOrdered(TypedDict):
    """What will be sent."""

    id: str


class NotifyDeliveryOut(TypedDict):
    """One thing that was, or is to be, sent."""

    id: str
    event_id: str
    type: str
    status: NotifyDeliveryStatus
    attempts: int
    response_status: int | None
    error: str | None
    body: str
    created_at: str
    ended_at: str | None


NotifyDeliveryStatus: TypeAlias = Literal["pending", "delivered", "failed", "missed"]
"""How a delivery is."""
NotifyEventType: TypeAlias = Literal[
    "workflow.created", "workflow.step_completed", "workflow.completed", "workflow.failed", "workflow.cancelled"
]
"""What customers can be told of."""
NotifyFeedEvent: TypeAlias = "NotifyWorkflowEvent | NotifyJobEvent"
"""What happened to a workflow, or to a job that was ordered by itself; ``type`` says which."""


class NotifyFeedItem(TypedDict):
    """One entry."""

    sequence: int
    event: NotifyFeedEvent


class NotifyFeedOut(TypedDict):
    """A piece of a user's log."""

    items: list[NotifyFeedItem]
    next: int
    more: bool


class NotifyFinishedStep(TypedDict):
    """One step that has its result."""

    step: str
    attempts: int
    provider: str | None
    score: float | None
    cost: str
    seconds: float


class NotifyJobEvent(TypedDict):
    """The data of one event of a job that was ordered by itself."""

    type: Literal["ai_job_status"]
    job_id: str
    job_type: NotifyCapability
    state: NotifyStatus
    sequence: int
    timestamp: str
    status: NotifyStanding
    trace_id: str | None
    provider: NotRequired[str]
    cost: NotRequired[str]
    credits: NotRequired[int]
    code: NotRequired[str]
    retryable: NotRequired[bool]


class NotifyNotificationOut(TypedDict):
    """One message, as plain text."""

    id: str
    product_line: NotifyProductLineKey
    kind: str
    title: str
    body: str
    data: dict[str, Any]
    links: dict[str, str]
    read_at: str | None
    created_at: str


class NotifyNotificationsOut(TypedDict):
    """A page of messages and how many are unread in all."""

    items: list[NotifyNotificationOut]
    total: int
    page: int
    per_page: int
    unread: int


class NotifyPagedDeliveryOut(TypedDict):
    """NotifyPagedDeliveryOut."""

    items: list[NotifyDeliveryOut]
    total: int
    page: int
    per_page: int


class NotifyPagedWebhookOut(TypedDict):
    """NotifyPagedWebhookOut."""

    items: list[NotifyWebhookOut]
    total: int
    page: int
    per_page: int


class NotifyPreferencesIn(TypedDict):
    """All that a user decides; what is missing goes back to how it is without a decision."""

    choices: NotRequired[dict[str, NotifyChoice]]
    quiet_hours: NotRequired[NotifyQuietHours | None]


class NotifyPreferencesOut(TypedDict):
    """What holds for every kind that a user decides about."""

    choices: dict[str, NotifyChoiceOut]
    quiet_hours: NotifyQuietHoursOut | None


NotifyProductLineKey: TypeAlias = Literal["talkingphoto", "reely", "filmstudio", "pixie"]
"""The four products."""


class NotifyQuietHours(TypedDict):
    """When letters wait, every day, by the clock of the account's time zone; over midnight where it ends
    earlier."""

    start: str
    end: str


class NotifyQuietHoursOut(TypedDict):
    """When letters wait, by the clock of the account's time zone."""

    start: str
    end: str


class NotifyReadOut(TypedDict):
    """How many messages were marked as read."""

    marked: int


class NotifyRecoverIn(TypedDict):
    """From when on."""

    since: str


class NotifyRecovered(TypedDict):
    """How much will be sent."""

    deliveries: int


class NotifySecretOut(TypedDict):
    """A new secret."""

    secret: str
    old_secret_until: str


class NotifyStanding(TypedDict):
    """How far the workflow is."""

    progress: int | None
    step: str | None
    message: str


NotifyStatus: TypeAlias = Literal["pending", "processing", "completed", "failed", "cancelled"]
"""Of a workflow or an AI job."""


class NotifyWebhookCreated(TypedDict):
    """A new webhook with its secret."""

    id: str
    url: str
    event_types: list[NotifyEventType]
    active: bool
    failures: int
    disabled_at: str | None
    old_secret_until: str | None
    created_at: str
    updated_at: str
    secret: str


class NotifyWebhookIn(TypedDict):
    """Where something is to be sent, and what."""

    url: str
    event_types: NotRequired[list[NotifyEventType]]
    active: NotRequired[bool]


class NotifyWebhookOut(TypedDict):
    """One webhook."""

    id: str
    url: str
    event_types: list[NotifyEventType]
    active: bool
    failures: int
    disabled_at: str | None
    old_secret_until: str | None
    created_at: str
    updated_at: str


class NotifyWorkflowEvent(TypedDict):
    """The data of one event."""

    type: Literal["workflow_status"]
    workflow_id: str
    state: NotifyStatus
    sequence: int
    timestamp: str
    status: NotifyStanding
    trace_id: str | None
    waiting_for: NotRequired[str]
    provider: NotRequired[str]
    cost: NotRequired[str]
    seconds_left: NotRequired[float]
    note: NotRequired[str]
    step_completed: NotRequired[NotifyFinishedStep]
    seconds: NotRequired[float]
    credits: NotRequired[int]
    warnings: NotRequired[list[str]]
    code: NotRequired[str]
    retryable: NotRequired[bool]
    credits_returned: NotRequired[bool]


class UsersAddressIn(TypedDict):
    """Whom a letter is for."""

    email: str


class UsersApiKeyIn(TypedDict):
    """A new API key."""

    name: str
    scopes: list[UsersScope]
    expires_in_days: NotRequired[int | None]
    daily_credits: NotRequired[int | None]
    allowed_addresses: NotRequired[list[str]]


class UsersApiKeyOut(TypedDict):
    """An API key, without the key itself."""

    id: str
    name: str
    prefix: str
    scopes: list[UsersScope]
    product_line: UsersProductLineKey
    daily_credits: int | None
    allowed_addresses: list[str]
    created_at: str
    last_used_at: str | None
    expires_at: str | None
    replaced_by: str | None


class UsersCallbackIn(TypedDict):
    """What the provider sends the browser back with; it adds more, which nobody needs."""

    state: NotRequired[str]
    code: NotRequired[str | None]
    error: NotRequired[str | None]
    iss: NotRequired[str | None]
    user: NotRequired[str | None]


class UsersChallengeIn(TypedDict):
    """The second step of a login."""

    ticket: str
    code: str


class UsersChallengeOut(TypedDict):
    """The password was right; a code is needed as well."""

    second_factor: NotRequired[Literal["totp"]]
    ticket: str
    expires_in: int


class UsersCodeIn(TypedDict):
    """A code of the app."""

    code: str


class UsersConsentIn(TypedDict):
    """One agreement, with the version of the text agreed to."""

    kind: Literal["terms", "privacy", "marketing", "analytics"]
    policy_version: NotRequired[str]
    granted: NotRequired[bool]


class UsersConsentOut(TypedDict):
    """What was said about one thing, at one time."""

    kind: Literal["terms", "privacy", "marketing", "analytics"]
    policy_version: str
    granted: bool
    given_at: str


class UsersConsentsIn(TypedDict):
    """What is agreed to, or taken back; kinds that are absent stay as they are."""

    consents: list[UsersConsentIn]


class UsersConsentsOut(TypedDict):
    """What holds at the moment."""

    consents: list[UsersConsentOut]


class UsersDataExportOut(TypedDict):
    """One archive."""

    id: str
    status: Literal["pending", "ready"]
    requested_at: str
    waiting_for: list[str]
    expires_at: str | None
    download_url: str | None


class UsersDeletionIn(TypedDict):
    """That it is really the owner who wants it."""

    password: NotRequired[str | None]


class UsersDeletionOut(TypedDict):
    """A deletion that has begun."""

    requested_at: str
    completed_at: str | None
    services: list[UsersServiceOut]
    status_url: str


class UsersEnrolmentOut(TypedDict):
    """What an authenticator app needs; shown this once."""

    secret: str
    otpauth_uri: str


class UsersErasureOut(TypedDict):
    """How far a deletion has come."""

    requested_at: str
    completed_at: str | None
    services: list[UsersServiceOut]


class UsersFlagsOut(TypedDict):
    """What is on for the caller."""

    on: list[str]


UsersLanguage: TypeAlias = Literal["en", "hi", "es", "fr", "de", "ja", "ko", "zh"]
"""Languages a script may be in."""


class UsersLetterOut(TypedDict):
    """What happens next."""

    message: str


class UsersLoginIn(TypedDict):
    """Credentials; ``email`` may hold a username."""

    email: str
    password: str
    consents: NotRequired[list[UsersConsentIn]]


class UsersNewAddressIn(TypedDict):
    """Another address for the account."""

    email: str
    password: NotRequired[str | None]


class UsersNewApiKeyOut(TypedDict):
    """A new API key."""

    id: str
    name: str
    prefix: str
    scopes: list[UsersScope]
    product_line: UsersProductLineKey
    daily_credits: int | None
    allowed_addresses: list[str]
    created_at: str
    last_used_at: str | None
    expires_at: str | None
    replaced_by: str | None
    key: str


class UsersPagedApiKeyOut(TypedDict):
    """UsersPagedApiKeyOut."""

    items: list[UsersApiKeyOut]
    total: int
    page: int
    per_page: int


class UsersPagedConsentOut(TypedDict):
    """UsersPagedConsentOut."""

    items: list[UsersConsentOut]
    total: int
    page: int
    per_page: int


class UsersPagedSessionOut(TypedDict):
    """UsersPagedSessionOut."""

    items: list[UsersSessionOut]
    total: int
    page: int
    per_page: int


class UsersPasswordIn(TypedDict):
    """A new password, and the one that it replaces."""

    current_password: NotRequired[str | None]
    new_password: str


UsersProductLineKey: TypeAlias = Literal["talkingphoto", "reely", "filmstudio", "pixie"]
"""The four products."""


class UsersProfileIn(TypedDict):
    """What a user may change of themselves; absent fields stay, and null empties the two that may be empty."""

    name: NotRequired[str | None]
    username: NotRequired[str]
    language: NotRequired[UsersLanguage]
    timezone: NotRequired[str]
    avatar_url: NotRequired[str | None]


class UsersProofAndCodeIn(TypedDict):
    """That it is the owner who asks, and has the second factor."""

    password: NotRequired[str | None]
    code: str


class UsersProofIn(TypedDict):
    """That it is the owner who asks."""

    password: NotRequired[str | None]


class UsersProvedOut(TypedDict):
    """An address that is proved."""

    email: str
    email_verified: bool


class UsersProvidersOut(TypedDict):
    """With whom one may sign in here."""

    providers: list[Literal["google", "apple"]]


class UsersRecoveryCodesOut(TypedDict):
    """Ten codes for the day on which the app is lost; each is good once, and they are shown this once."""

    recovery_codes: list[str]


class UsersRefreshIn(TypedDict):
    """A refresh token to exchange."""

    refresh_token: str


class UsersRegisterIn(TypedDict):
    """A new account."""

    email: str
    password: str
    name: NotRequired[str | None]
    username: NotRequired[str | None]
    language: NotRequired[UsersLanguage]
    timezone: NotRequired[str]
    avatar_url: NotRequired[str | None]
    consents: NotRequired[list[UsersConsentIn]]


class UsersResetIn(TypedDict):
    """What the link of a letter brings, and the password to be."""

    token: str
    new_password: str
    code: NotRequired[str | None]


UsersRole: TypeAlias = Literal["user", "admin"]
"""What an account may do."""


class UsersRotationIn(TypedDict):
    """How long the replaced key goes on."""

    overlap_hours: NotRequired[int]


UsersScope: TypeAlias = Literal[
    "read", "files:write", "workflows:write", "ai:write", "export:write", "youtube:write", "notifications:write"
]
"""One right of an API key."""


class UsersSecondFactorOut(TypedDict):
    """Whether logins ask for a code."""

    enabled: bool
    enabled_at: str | None
    recovery_codes_left: int


class UsersServiceOut(TypedDict):
    """One part of the platform."""

    service: str
    erased_at: str | None


class UsersSessionOut(TypedDict):
    """One login on one device."""

    id: str
    ip_address: str | None
    user_agent: str | None
    device: str
    created_at: str
    last_used_at: str
    expires_at: str
    current: bool


class UsersTicketIn(TypedDict):
    """A finished sign-in, and the secret whose S256 was sent at its start."""

    ticket: str
    code_verifier: str


class UsersTokenIn(TypedDict):
    """What the link of a letter brings."""

    token: str


class UsersTokensOut(TypedDict):
    """A logged-in session."""

    access_token: str
    refresh_token: str
    token_type: NotRequired[Literal["bearer"]]
    expires_in: int
    user: UsersUserOut


class UsersUsageOut(TypedDict):
    """How much of one limit of the plan is used in this period."""

    meter: str
    used: int
    limit: int | None


class UsersUserOut(TypedDict):
    """An account as its owner sees it."""

    id: str
    email: str
    username: str
    name: str | None
    avatar_url: str | None
    role: UsersRole
    plan_type: NotRequired[str]
    subscription_status: NotRequired[
        Literal["incomplete", "trialing", "active", "past_due", "cancelled", "expired"] | None
    ]
    credits: NotRequired[int | None]
    usage: NotRequired[list[UsersUsageOut]]
    period_ends_at: NotRequired[str | None]
    email_verified: bool
    timezone: str
    language: UsersLanguage
    home_product_line: UsersProductLineKey
    created_at: str
    updated_at: str
    last_login: str | None


class WorkflowApprovalIn(TypedDict):
    """How you want to be asked."""

    within_minutes: NotRequired[int]
    otherwise: NotRequired[Literal["continue", "cancel"]]


class WorkflowApprovalOut(TypedDict):
    """A decision that is waited for: `POST /api/v1/workflows/{id}/approvals/{step}`."""

    step: str
    until: str
    otherwise: Literal["continue", "cancel"]
    shows: dict[str, str]


class WorkflowArtefact(TypedDict):
    """Something a shot, or the film, is made of."""

    kind: str
    state: WorkflowState
    url: str | None


WorkflowAspect: TypeAlias = Literal["16:9", "9:16", "1:1"]
"""The sides of the pictures."""


class WorkflowAssetIn(TypedDict):
    """A file that is to be in a project."""

    file_id: str
    asset_type: NotRequired[WorkflowAssetType]
    metadata: NotRequired[dict[str, Any]]


class WorkflowAssetOut(TypedDict):
    """A file in a project."""

    id: str
    project_id: str
    file_id: str
    asset_type: WorkflowAssetType
    metadata: dict[str, Any]
    tags: list[str]
    original_name: str
    kind: str
    mime_type: str
    file_size: int
    width: int | None
    height: int | None
    duration: float | None
    scan_status: WorkflowScanStatus
    url: str | None
    created_at: str


WorkflowAssetType: TypeAlias = Literal["input", "output", "reference"]
"""Why a file is in a project."""


class WorkflowAssetsBulkIn(TypedDict):
    """What is to be done with which assets."""

    action: WorkflowBulkAction
    ids: list[str]
    tags: NotRequired[list[str] | None]
    project_id: NotRequired[str | None]


class WorkflowAttemptOut(TypedDict):
    """One result of a step that is measured."""

    provider: str | None
    model: str | None
    score: float | None
    cost: str
    seconds: float
    used: bool


class WorkflowAutoHooksIn(TypedDict):
    """The moments of a video that people would stop for."""

    url: NotRequired[str | None]
    file_id: NotRequired[str | None]
    title: NotRequired[str | None]
    project_id: NotRequired[str | None]
    quality_preference: NotRequired[WorkflowQuality]
    count: NotRequired[int | None]
    clip_length: NotRequired[float | None]
    language: NotRequired[WorkflowLanguage | None]
    clips: NotRequired[int]
    aspect: NotRequired[Literal["vertical", "square", "wide"]]
    layout: NotRequired[Literal["auto", "single", "split", "blur", "screen"]]
    captions: NotRequired[Literal["karaoke", "plain", "none"]]
    longest_silence: NotRequired[float | None]


class WorkflowBatchCancelledOut(TypedDict):
    """A batch of which everything that could be was stopped."""

    id: str
    name: str
    created_at: str
    updated_at: str
    rows: int
    pending: int
    processing: int
    completed: int
    failed: int
    cancelled: int
    stopped: int
    not_stopped: int


class WorkflowBatchOut(TypedDict):
    """What became of a manifest."""

    id: str | None
    name: str
    dry_run: bool
    ordered: int
    repeated: int
    refused: int
    credits: int
    rows: list[WorkflowRowOut]


class WorkflowBatchRowOut(TypedDict):
    """A row that was ordered, and its workflow."""

    line: int
    ref: str
    workflow_id: str
    status: WorkflowStatus
    progress: int
    title: str | None


class WorkflowBatchStatusOut(TypedDict):
    """How the workflows of a batch are."""

    id: str
    name: str
    created_at: str
    updated_at: str
    rows: int
    pending: int
    processing: int
    completed: int
    failed: int
    cancelled: int


class WorkflowBeginsIn(TypedDict):
    """A range of seconds from now."""

    least_s: float
    most_s: float


WorkflowBulkAction: TypeAlias = Literal["delete", "move", "tag"]
"""What is to be done with all of them."""


class WorkflowBulkOut(TypedDict):
    """What became of each."""

    results: list[WorkflowBulkResult]


class WorkflowBulkResult(TypedDict):
    """What became of one of them."""

    id: str
    done: bool
    error: str | None


class WorkflowCancelledOut(TypedDict):
    """What became of a workflow that was cancelled."""

    id: str
    status: WorkflowStatus
    progress: int
    current_step: str
    message: str
    waiting_for: str | None
    seconds_left: float | None
    position: NotRequired[int | None]
    begins_in: NotRequired[WorkflowBeginsIn | None]
    approval: NotRequired[WorkflowApprovalOut | None]
    interventions: NotRequired[list[WorkflowInterventionOut]]
    cancelling: NotRequired[bool]
    stopped: list[str]
    kept: list[str]
    credits_released: int
    credits_charged: int
    cost_so_far: str
    cost_under_way: str


WorkflowCaptions: TypeAlias = Literal["files", "burned"]
"""Where the captions of a video are: in files beside it, or drawn into its pictures."""


class WorkflowCharacterIn(TypedDict):
    """Who speaks."""

    name: NotRequired[str]
    voice: NotRequired[WorkflowVoice]
    face: NotRequired[str | None]


class WorkflowClipAccepted(TypedDict):
    """The order was accepted and will reach an end."""

    id: str
    status: WorkflowStatus
    estimated_cost: str
    estimated_seconds: float
    warnings: NotRequired[list[str]]
    job_id: str


class WorkflowClipEditIn(TypedDict):
    """What is to be other in the clip."""

    kept: NotRequired[list[WorkflowKeptIn] | None]
    without: NotRequired[list[WorkflowKeptIn]]
    words: NotRequired[list[WorkflowRewrittenIn]]
    aspect: NotRequired[Literal["vertical", "square", "wide"] | None]
    layout: NotRequired[Literal["auto", "single", "split", "blur", "screen"] | None]
    captions: NotRequired[Literal["karaoke", "plain", "none"] | None]
    title: NotRequired[str | None]


class WorkflowClipEdited(TypedDict):
    """The clip is made anew, in another workflow that has everything else of this one."""

    id: str
    parent_id: str
    status: WorkflowStatus
    estimated_cost: str
    estimated_seconds: float
    version: int
    digest: str


class WorkflowClipEditsOut(TypedDict):
    """A clip's versions, the first first."""

    number: int
    version: int
    digest: str
    versions: list[WorkflowClipVersionOut]


class WorkflowClipVersionOut(TypedDict):
    """One version of a clip's edit list; what is written in the clip follows from it and the transcript."""

    version: int
    counts: bool
    digest: str
    kept: list[WorkflowKeptOut]
    aspect: Literal["vertical", "square", "wide"]
    layout: Literal["auto", "single", "split", "blur", "screen"]
    captions: Literal["karaoke", "plain", "none"]
    words: list[WorkflowRewrittenOut]
    title: str


class WorkflowComparedOut(TypedDict):
    """One of two that are compared."""

    id: str
    file_id: str | None
    name: str
    mime_type: str
    size: int
    sha256: str
    operation: str
    provider: str | None
    model: str | None
    parameters: dict[str, Any]
    seed: str | None
    cost: str
    score: float | None
    run_id: str | None
    step: str | None
    job_id: str | None
    inputs: dict[str, str]
    parents: list[str]
    available: bool
    made_at: str
    url: str | None


class WorkflowComparisonOut(TypedDict):
    """Two side by side."""

    left: WorkflowComparedOut
    right: WorkflowComparedOut
    differences: list[WorkflowDifferenceOut]


class WorkflowCompressIn(TypedDict):
    """What is to be made smaller, and how much."""

    file_id: str
    format: NotRequired[WorkflowFormat]
    quality: NotRequired[int]
    max_side: NotRequired[int | None]
    max_size: NotRequired[int | None]


class WorkflowCompressOut(TypedDict):
    """The new file, and what it saves."""

    file: WorkflowFileOut
    original_size: int
    saved_bytes: int
    saved_percent: float
    quality: int


class WorkflowCreditsOut(TypedDict):
    """What was set aside and what was spent."""

    held: int
    captured: int
    returned: bool


class WorkflowDecisionIn(TypedDict):
    """Your decision."""

    approved: bool


class WorkflowDifferenceOut(TypedDict):
    """Something that is not the same of both."""

    field: str
    left: Any
    right: Any


class WorkflowDownloadOut(TypedDict):
    """A signed link to the result."""

    url: str
    expires_in: int
    filename: str


class WorkflowDraftOut(TypedDict):
    """An order that is not placed: what made something, to be changed and sent as a new one."""

    made_from: str
    capability: str
    method: str
    path: str
    body: dict[str, Any]
    missing: list[str]


class WorkflowErrorOut(TypedDict):
    """Why it failed."""

    step: str
    code: str
    message: str
    retryable: bool
    details: NotRequired[dict[str, Any]]


class WorkflowEstimateIn(TypedDict):
    """What decides about cost and time, and about what platforms get."""

    workflow_type: NotRequired[WorkflowWorkflowType]
    target_duration: NotRequired[int]
    target_platforms: NotRequired[list[WorkflowPlatform]]
    quality_preference: NotRequired[WorkflowQuality]
    script: NotRequired[str | None]
    script_language: NotRequired[WorkflowLanguage]
    when_too_long: NotRequired[WorkflowWhenTooLong]
    captions: NotRequired[WorkflowCaptions | dict[str, WorkflowCaptions]]


class WorkflowEstimateOut(TypedDict):
    """What a run is expected to take."""

    estimated_cost: str
    least_cost: NotRequired[str | None]
    credits: int
    estimated_seconds: float
    video_seconds: float
    ahead: int
    warnings: NotRequired[list[str]]


class WorkflowFaceOut(TypedDict):
    """Where a face is, in parts of the photo's width and height as it is shown."""

    x: float
    y: float
    width: float
    height: float


class WorkflowFileMetadata(TypedDict):
    """What is known of a file, without a link to it."""

    id: str
    original_name: str
    purpose: str
    kind: str
    file_size: int
    mime_type: str
    width: int | None
    height: int | None
    duration: NotRequired[float | None]
    findings: list[WorkflowFindingOut]
    faces: NotRequired[list[WorkflowFaceOut]]
    checksum: str
    scan_status: WorkflowScanStatus
    is_temporary: bool
    stored_locally: bool
    created_at: str
    expires_at: str | None


class WorkflowFileOut(TypedDict):
    """A file with signed links: to the original, and to the version that providers get."""

    id: str
    original_name: str
    purpose: str
    kind: str
    file_size: int
    mime_type: str
    width: int | None
    height: int | None
    duration: NotRequired[float | None]
    findings: list[WorkflowFindingOut]
    faces: NotRequired[list[WorkflowFaceOut]]
    checksum: str
    scan_status: WorkflowScanStatus
    is_temporary: bool
    stored_locally: bool
    created_at: str
    expires_at: str | None
    url: str | None
    prepared_url: str | None
    access_count: int
    last_accessed_at: str | None


class WorkflowFindingOut(TypedDict):
    """A remark on a photo that is to speak."""

    code: str
    blocking: bool
    advice: str


WorkflowFineness: TypeAlias = Literal["draft", "standard", "high"]
"""How fine the pictures are; ``draft`` is for looking whether a film is right, in a fraction of the time."""
WorkflowFormat: TypeAlias = Literal["jpeg", "webp", "avif"]
"""What a photo can be delivered as."""


class WorkflowGenerateIn(TypedDict):
    """What is to be otherwise than the project says, in this video alone."""

    script: NotRequired[str | None]
    images: NotRequired[list[str] | None]
    voice: NotRequired[WorkflowVoice | None]
    duration: NotRequired[int | None]
    music: NotRequired[str | None]
    language: NotRequired[WorkflowLanguage | None]
    definition: NotRequired[WorkflowFineness | None]
    aspect: NotRequired[WorkflowAspect | None]
    captions: NotRequired[WorkflowCaptions | None]
    imagery: NotRequired[WorkflowImagery | None]
    style: NotRequired[str | None]
    max_credits: NotRequired[int | None]


class WorkflowGenerateOut(TypedDict):
    """The order, which is a workflow."""

    id: str
    job_id: str
    project_id: str
    status: WorkflowStatus
    credits: int
    estimated_cost: str
    estimated_time: float
    warnings: list[str]


class WorkflowHistoryEntryOut(TypedDict):
    """What happened to a run, and what was decided."""

    number: int
    at: str
    signal: dict[str, Any]
    decision: dict[str, Any]


class WorkflowHookOut(TypedDict):
    """A moment of a video worth a clip."""

    rank: int
    start: float
    end: float
    title: str
    reason: str
    score: float
    text: NotRequired[str]
    clip: NotRequired[str | None]


WorkflowImagery: TypeAlias = Literal["words", "pictures", "clips"]
"""What is shown where there is no picture of one's own; the last two are made by whoever is set up for them."""


class WorkflowInterventionOut(TypedDict):
    """What was done by itself."""

    at: str
    step: str
    text: str


class WorkflowKeptIn(TypedDict):
    """A stretch of the video."""

    start: float | str
    end: float | str


class WorkflowKeptOut(TypedDict):
    """A stretch of the video, in its seconds."""

    start: float
    end: float


WorkflowKindInput: TypeAlias = Literal["picture", "card", "portrait"]
"""What is seen in a shot."""
WorkflowLanguage: TypeAlias = Literal["en", "hi", "es", "fr", "de", "ja", "ko", "zh"]
"""Languages a script may be in."""


class WorkflowLineageNode(TypedDict):
    """One object and how it came to be."""

    id: str
    file_id: str | None
    name: str
    mime_type: str
    size: int
    sha256: str
    operation: str
    provider: str | None
    model: str | None
    parameters: dict[str, Any]
    seed: str | None
    cost: str
    score: float | None
    run_id: str | None
    step: str | None
    job_id: str | None
    inputs: dict[str, str]
    parents: list[str]
    available: bool
    made_at: str


class WorkflowLineageOut(TypedDict):
    """Where something comes from."""

    id: str
    nodes: list[WorkflowLineageNode]


class WorkflowLogOut(TypedDict):
    """One line of what happened to a project."""

    id: str
    project_id: str
    user_id: str | None
    workflow_id: str | None
    action: str
    message: str
    timestamp: str


WorkflowMotion: TypeAlias = Literal["push_in", "pull_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "still"]
"""What the camera does during a shot."""


class WorkflowPagedAssetOut(TypedDict):
    """WorkflowPagedAssetOut."""

    items: list[WorkflowAssetOut]
    total: int
    page: int
    per_page: int


class WorkflowPagedBatchRowOut(TypedDict):
    """WorkflowPagedBatchRowOut."""

    items: list[WorkflowBatchRowOut]
    total: int
    page: int
    per_page: int


class WorkflowPagedBatchStatusOut(TypedDict):
    """WorkflowPagedBatchStatusOut."""

    items: list[WorkflowBatchStatusOut]
    total: int
    page: int
    per_page: int


class WorkflowPagedFileMetadata(TypedDict):
    """WorkflowPagedFileMetadata."""

    items: list[WorkflowFileMetadata]
    total: int
    page: int
    per_page: int


class WorkflowPagedHistoryEntryOut(TypedDict):
    """WorkflowPagedHistoryEntryOut."""

    items: list[WorkflowHistoryEntryOut]
    total: int
    page: int
    per_page: int


class WorkflowPagedLogOut(TypedDict):
    """WorkflowPagedLogOut."""

    items: list[WorkflowLogOut]
    total: int
    page: int
    per_page: int


class WorkflowPagedProjectSummary(TypedDict):
    """WorkflowPagedProjectSummary."""

    items: list[WorkflowProjectSummary]
    total: int
    page: int
    per_page: int


class WorkflowPagedShareOut(TypedDict):
    """WorkflowPagedShareOut."""

    items: list[WorkflowShareOut]
    total: int
    page: int
    per_page: int


class WorkflowPagedTakeOut(TypedDict):
    """WorkflowPagedTakeOut."""

    items: list[WorkflowTakeOut]
    total: int
    page: int
    per_page: int


class WorkflowPagedUploadOut(TypedDict):
    """WorkflowPagedUploadOut."""

    items: list[WorkflowUploadOut]
    total: int
    page: int
    per_page: int


class WorkflowPagedVersionOut(TypedDict):
    """WorkflowPagedVersionOut."""

    items: list[WorkflowVersionOut]
    total: int
    page: int
    per_page: int


class WorkflowPagedWorkflowSummary(TypedDict):
    """WorkflowPagedWorkflowSummary."""

    items: list[WorkflowWorkflowSummary]
    total: int
    page: int
    per_page: int


WorkflowPhase: TypeAlias = Literal["waiting", "running", "cancelling", "failing", "completed", "failed", "cancelled"]
"""Where a run is."""


class WorkflowPlanChange(TypedDict):
    """What is to be different; what is not named stays."""

    definition: NotRequired[WorkflowFineness | None]
    aspect: NotRequired[WorkflowAspect | None]
    captions: NotRequired[WorkflowCaptions | None]
    imagery: NotRequired[WorkflowImagery | None]
    style: NotRequired[str | None]
    music: NotRequired[str | None]
    version: NotRequired[int | None]


class WorkflowPlanIn(TypedDict):
    """How the plan is to be made."""

    definition: NotRequired[WorkflowFineness | None]
    aspect: NotRequired[WorkflowAspect | None]
    captions: NotRequired[WorkflowCaptions | None]
    imagery: NotRequired[WorkflowImagery | None]
    style: NotRequired[str | None]
    language: NotRequired[WorkflowLanguage | None]
    characters: NotRequired[list[WorkflowCharacterIn]]


class WorkflowPlanOut(TypedDict):
    """The plan of a project's film, and what of it is there."""

    project_id: str
    version: int
    minutes: int
    language: WorkflowLanguage
    title: str
    definition: WorkflowFineness
    aspect: WorkflowAspect
    captions: WorkflowCaptions
    imagery: WorkflowImagery
    style: str
    music: str | None
    seed: int
    scenes: list[WorkflowSceneOut]
    artefacts: list[WorkflowArtefact]
    advice: list[str]
    outdated: bool
    to_make: int
    credits: int
    estimated_time: float
    updated_at: str


WorkflowPlatform: TypeAlias = Literal["instagram", "tiktok", "youtube"]
"""Where a video is published."""
WorkflowProductLineKey: TypeAlias = Literal["talkingphoto", "reely", "filmstudio", "pixie"]
"""The four products."""


class WorkflowProjectChange(TypedDict):
    """What is to be different; what is not named stays, and null empties it."""

    description: NotRequired[str | None]
    script: NotRequired[str | None]
    images: NotRequired[list[str] | None]
    voice: NotRequired[WorkflowVoice | None]
    duration: NotRequired[int | None]
    music: NotRequired[str | None]
    settings: NotRequired[dict[str, Any] | None]
    is_public: NotRequired[bool | None]
    thumbnail: NotRequired[str | None]
    tags: NotRequired[list[str] | None]
    folder: NotRequired[str | None]
    title: NotRequired[str | None]


class WorkflowProjectIn(TypedDict):
    """A new project."""

    description: NotRequired[str | None]
    script: NotRequired[str | None]
    images: NotRequired[list[str] | None]
    voice: NotRequired[WorkflowVoice | None]
    duration: NotRequired[int | None]
    music: NotRequired[str | None]
    settings: NotRequired[dict[str, Any] | None]
    is_public: NotRequired[bool | None]
    thumbnail: NotRequired[str | None]
    tags: NotRequired[list[str] | None]
    folder: NotRequired[str | None]
    title: str


class WorkflowProjectOut(TypedDict):
    """Everything about a project."""

    id: str
    user_id: str
    product_line: WorkflowProductLineKey
    title: str
    description: str | None
    status: WorkflowProjectStatus
    is_public: bool
    tags: list[str]
    folder: str | None
    version: int
    right: str
    thumbnail_url: str | None
    video_url: str | None
    subtitles_url: str | None
    created_at: str
    updated_at: str
    script: str | None
    images: list[str]
    voice: WorkflowVoice | None
    duration: int | None
    music: str | None
    settings: dict[str, Any]


WorkflowProjectStatus: TypeAlias = Literal["pending", "processing", "complete", "failed"]
"""Of a project or a YouTube upload, as clients see it."""


class WorkflowProjectSummary(TypedDict):
    """One line of a list."""

    id: str
    user_id: str
    product_line: WorkflowProductLineKey
    title: str
    description: str | None
    status: WorkflowProjectStatus
    is_public: bool
    tags: list[str]
    folder: str | None
    version: int
    right: str
    thumbnail_url: str | None
    video_url: str | None
    subtitles_url: str | None
    created_at: str
    updated_at: str


class WorkflowProjectsBulkIn(TypedDict):
    """What is to be done with which projects."""

    action: WorkflowBulkAction
    ids: list[str]
    tags: NotRequired[list[str] | None]
    folder: NotRequired[str | None]


WorkflowQuality: TypeAlias = Literal["economy", "balanced", "premium"]
"""What a user prefers when providers differ."""


class WorkflowRerunIn(TypedDict):
    """What is to be other than in the workflow that it is made of."""

    input_file_id: NotRequired[str | None]
    script: NotRequired[str | None]
    script_language: NotRequired[WorkflowLanguage | None]
    voice: NotRequired[WorkflowVoice | None]
    enhancement_type: NotRequired[str | None]
    quality_preference: NotRequired[WorkflowQuality | None]
    target_platforms: NotRequired[list[WorkflowPlatform] | None]
    when_too_long: NotRequired[WorkflowWhenTooLong | None]
    captions: NotRequired[WorkflowCaptions | dict[str, WorkflowCaptions] | None]
    title: NotRequired[str | None]
    description: NotRequired[str | None]
    seed: NotRequired[int | None]
    approvals: NotRequired[dict[str, WorkflowApprovalIn] | None]
    max_credits: NotRequired[int | None]
    quote_id: NotRequired[str | None]
    dry_run: NotRequired[bool]


class WorkflowRerunOut(TypedDict):
    """What is made anew, what is used again, and what that takes."""

    id: str | None
    parent_id: str
    status: WorkflowStatus | None
    made: list[WorkflowStepParts]
    reused: list[WorkflowStepParts]
    credits: int
    credits_of_all: int
    estimated_cost: str
    estimated_cost_of_all: str
    estimated_seconds: float
    warnings: list[str]


class WorkflowRestoreIn(TypedDict):
    """Which take to go back to."""

    take: int


class WorkflowResultOut(TypedDict):
    """A file that came out, with a link that holds for a while."""

    url: str
    sha256: str
    size: int
    mime_type: str


class WorkflowRewrittenIn(TypedDict):
    """A word that is written differently from what was heard."""

    number: int
    text: str


class WorkflowRewrittenOut(TypedDict):
    """A word that is written differently from what was heard."""

    number: int
    text: str


class WorkflowRowOut(TypedDict):
    """One row and its verdict."""

    line: int
    ref: str
    verdict: WorkflowVerdict
    workflow_id: NotRequired[str | None]
    credits: NotRequired[int]
    estimated_cost: NotRequired[str | None]
    code: NotRequired[str | None]
    message: NotRequired[str | None]
    fields: NotRequired[dict[str, str]]
    details: NotRequired[dict[str, Any]]
    warnings: NotRequired[list[str]]


WorkflowScanStatus: TypeAlias = Literal["pending", "clean", "infected", "error"]
"""Whether a file may be used."""


class WorkflowSceneOut(TypedDict):
    """Shots that belong together."""

    title: str
    shots: list[WorkflowShotOut]


class WorkflowShareIn(TypedDict):
    """With whom: the ``user_id`` of an account or an ``email``, not both; without either a link is made, to
    look."""

    user_id: NotRequired[str | None]
    email: NotRequired[str | None]
    permission: NotRequired[WorkflowSharePermission]
    expires_in_hours: NotRequired[int | None]


class WorkflowShareMade(TypedDict):
    """A new share."""

    id: str
    user_id: str | None
    email: str | None
    permission: WorkflowSharePermission
    expires_at: str | None
    created_at: str
    url: str | None


class WorkflowShareOut(TypedDict):
    """Somebody with whom a project is shared, or a link."""

    id: str
    user_id: str | None
    email: str | None
    permission: WorkflowSharePermission
    expires_at: str | None
    created_at: str


WorkflowSharePermission: TypeAlias = Literal["viewer", "editor"]
"""What somebody may do with a project that is shared with them."""


class WorkflowShotChange(TypedDict):
    """What is to be different about a shot."""

    text: NotRequired[str | None]
    picture: NotRequired[str | None]
    kind: NotRequired[WorkflowKindInput | None]
    motion: NotRequired[WorkflowMotion | None]
    voice: NotRequired[WorkflowVoice | None]
    title: NotRequired[str | None]
    subtitle: NotRequired[str | None]
    approved: NotRequired[bool | None]
    locked: NotRequired[bool | None]
    prompt: NotRequired[str | None]
    version: NotRequired[int | None]


class WorkflowShotOut(TypedDict):
    """One shot."""

    id: str
    kind: WorkflowmediafilmplanKind
    text: str
    spoken: str
    picture: str | None
    motion: WorkflowMotion
    speaker: str
    voice: WorkflowVoice
    title: str
    subtitle: str
    starts_at: float
    seconds: float
    approved: bool
    locked: bool
    take: int
    prompt: str
    artefacts: list[WorkflowArtefact]


class WorkflowSizeOut(TypedDict):
    """A photo in a delivery size."""

    url: str
    size: str
    format: WorkflowFormat
    bytes: int
    transformation: str


class WorkflowSpanOut(TypedDict):
    """Some time, and why it passed."""

    kind: WorkflowworkflowtimelinerulesKind
    cause: str
    begins_at: str
    ends_at: str
    seconds: float


WorkflowState: TypeAlias = Literal["current", "stale", "missing", "blocked"]
"""How a part stands to the plan."""
WorkflowStatus: TypeAlias = Literal["pending", "processing", "completed", "failed", "cancelled"]
"""Of a workflow or an AI job."""


class WorkflowStatusOut(TypedDict):
    """How far it is."""

    id: str
    status: WorkflowStatus
    progress: int
    current_step: str
    message: str
    waiting_for: str | None
    seconds_left: float | None
    position: NotRequired[int | None]
    begins_in: NotRequired[WorkflowBeginsIn | None]
    approval: NotRequired[WorkflowApprovalOut | None]
    interventions: NotRequired[list[WorkflowInterventionOut]]
    cancelling: NotRequired[bool]


class WorkflowStepOut(TypedDict):
    """One step, or one of the things that a step makes side by side (``part``)."""

    name: str
    part: str | None
    order: int
    status: WorkflowStepStatus | WorkflowUnitStatus
    attempts: int
    job_id: str | None
    provider: str | None
    score: float | None
    passes_at: float | None
    cost: str
    started_at: str | None
    finished_at: str | None
    seconds: float | None
    results: list[WorkflowAttemptOut]
    error: str | None
    reused: NotRequired[bool]


class WorkflowStepParts(TypedDict):
    """A step, and which of the things that it makes side by side."""

    step: str
    parts: list[str]


WorkflowStepStatus: TypeAlias = Literal["pending", "running", "done", "skipped", "failed", "stopped"]
"""Of one step."""


class WorkflowStepTriesOut(TypedDict):
    """A step, or one of the things that it makes side by side, and every try of it."""

    step: str
    part: str | None
    tries: list[WorkflowTryOut]


class WorkflowTakeOut(TypedDict):
    """A shot as it was made once."""

    take: int
    current: bool
    text: str
    made_at: str
    url: str | None


class WorkflowTimelineOut(TypedDict):
    """Where the time went."""

    id: str
    trace_id: str | None
    created_at: str
    finished_at: str | None
    seconds: float
    cost: str
    spans: list[WorkflowSpanOut]
    steps: list[WorkflowStepTriesOut]
    interventions: list[WorkflowInterventionOut]


class WorkflowTrimIn(TypedDict):
    """The part of a video between two times."""

    url: NotRequired[str | None]
    file_id: NotRequired[str | None]
    title: NotRequired[str | None]
    project_id: NotRequired[str | None]
    quality_preference: NotRequired[WorkflowQuality]
    start: float | str
    end: float | str
    output_format: NotRequired[Literal["mp4", "mov", "webm", "mkv"]]


class WorkflowTryOut(TypedDict):
    """One try of a step."""

    round: int
    number: int
    began_at: str
    ended_at: str | None
    seconds: float | None
    outcome: str
    provider: str | None
    model: str | None
    score: float | None
    cost: str
    error: str | None


WorkflowUnitStatus: TypeAlias = Literal["asked", "paused", "done", "failed", "stopping", "stopped"]
"""Of one thing asked for: ``PAUSED`` waits for its next try, ``STOPPING`` for the answer to a stop."""


class WorkflowUploadOut(TypedDict):
    """How far an upload is."""

    id: str
    original_name: str
    length: int
    offset: int
    file_id: str | None
    created_at: str
    expires_at: str


WorkflowVerdict: TypeAlias = Literal["ordered", "fine", "repeated", "refused"]
"""What becomes of a row."""


class WorkflowVersionOut(TypedDict):
    """What a project was once."""

    number: int
    snapshot: dict[str, Any]
    created_by: str
    created_at: str


WorkflowVoice: TypeAlias = Literal["male", "female", "neutral"]
"""Who speaks."""
WorkflowWhenTooLong: TypeAlias = Literal["split", "end_at_sentence"]
"""What becomes of a film that is longer than a platform takes."""


class WorkflowWorkflowAccepted(TypedDict):
    """The order was accepted and will reach an end."""

    id: str
    status: WorkflowStatus
    estimated_cost: str
    estimated_seconds: float
    warnings: NotRequired[list[str]]


class WorkflowWorkflowIn(TypedDict):
    """An order."""

    workflow_type: NotRequired[WorkflowWorkflowType]
    target_duration: NotRequired[int]
    target_platforms: NotRequired[list[WorkflowPlatform]]
    quality_preference: NotRequired[WorkflowQuality]
    script: str
    script_language: NotRequired[WorkflowLanguage]
    when_too_long: NotRequired[WorkflowWhenTooLong]
    captions: NotRequired[WorkflowCaptions | dict[str, WorkflowCaptions]]
    input_file_id: str
    voice: NotRequired[WorkflowVoice]
    project_id: NotRequired[str | None]
    title: NotRequired[str | None]
    description: NotRequired[str | None]
    enhancement_type: NotRequired[str]
    seed: NotRequired[int | None]
    approvals: NotRequired[dict[str, WorkflowApprovalIn]]
    max_credits: NotRequired[int | None]
    quote_id: NotRequired[str | None]


class WorkflowWorkflowOut(TypedDict):
    """Everything about a run."""

    id: str
    workflow_type: WorkflowWorkflowType
    product_line: WorkflowProductLineKey
    status: WorkflowStatus
    progress: int
    title: str | None
    created_at: str
    updated_at: str
    finished_at: str | None
    description: str | None
    input_file_id: str | None
    input: dict[str, Any]
    phase: WorkflowPhase
    waiting_for: str | None
    seconds_left: float | None
    round: int
    parent_id: NotRequired[str | None]
    approval: NotRequired[WorkflowApprovalOut | None]
    interventions: NotRequired[list[WorkflowInterventionOut]]
    steps: list[WorkflowStepOut]
    image_quality_score: str | None
    video_quality_score: str | None
    overall_quality_score: str | None
    low_quality: bool
    warnings: list[str]
    estimated_cost: str
    actual_cost: str
    cost_breakdown: dict[str, str]
    ai_services_used: list[str]
    credits: WorkflowCreditsOut
    started_at: str | None
    processing_seconds: float | None
    results: dict[str, WorkflowResultOut]
    hooks: NotRequired[list[WorkflowHookOut]]
    shortfall_reasons: NotRequired[list[str]]
    method: NotRequired[str | None]
    error: WorkflowErrorOut | None


class WorkflowWorkflowSummary(TypedDict):
    """One line of a list."""

    id: str
    workflow_type: WorkflowWorkflowType
    product_line: WorkflowProductLineKey
    status: WorkflowStatus
    progress: int
    title: str | None
    created_at: str
    updated_at: str
    finished_at: str | None


WorkflowWorkflowType: TypeAlias = Literal[
    "product_demo",
    "avatar_presentation",
    "lifestyle_content",
    "educational",
    "clip_trim",
    "clip_auto_hooks",
    "film_video",
]
"""What can be asked to be made."""
WorkflowmediafilmplanKind: TypeAlias = Literal["picture", "card", "portrait"]
"""What is seen in a shot."""
WorkflowworkflowtimelinerulesKind: TypeAlias = Literal["queue", "work", "pause", "decision", "undo", "ended", "unknown"]
"""What the time of a span was spent with."""
