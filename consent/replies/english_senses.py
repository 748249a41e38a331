"""English that is no request: remarks a person should look at, and the ordinary senses of the opt-out words."""

from consent.replies.english import VOCABULARY
from consent.replies.pattern import phrases

# ruff: noqa: E501 - one phrase is one line

# Banter: "omg stop, you're so sweet".
BANTER = phrases(
    """
    lol|lmao|lmfao|rofl|omg|haha|hahaha|hahahaha|hehe|hehehe|jaja|jajaja|jajajaja|mdr|ptdr|hilarious|funny|sweet|cute|adorable|blushing|blush|kidding|joking|jk|killing_me|making_me|flattering|awesome|amazing
    """
)

# Speaks of the opt-out word, or of when to text, instead of asking for an end: "what happens if I text stop?"
SPOKEN_OF = phrases(
    """
    what [will|would] happens|happen|does|occurs ~3 if|when|once ~2 {keyword}
    ^ [so|and|ok|wait] do|must|should|will i [have_to|need_to] {told} {keyword}
    it|message|text|footer says|said {told}|{keyword} [{keyword}] ~5 but|though|i
    want|like|love|wish|happy [to] keep|continue|stay|remain getting|receiving|on|subscribed|them|these|in
    stopped getting|receiving|coming|arriving
    unsubscribe* [me|us] from [all|any|your|the|these] [marketing] email|emails $
    accidentally|mistakenly {told} [the] [word] {keyword}
    {keyword} later|anytime|any_time|afterwards
    if|when i|we {told} [the|word] {keyword} will|would|do|does|can|am|is
    will|would|does|can [my|a] {told} [the|word] {keyword}
    ^ should|shall i|we [just] {keyword}
    if|when i|we unsubscribe|opt_out $|will|would|do|does|can|am|is
    thinking|considering ~2 unsubscribing|opting_out
    use this one|number $
    {keyword}|remove|off|cancel ~4 email|emails|emailing|newsletter only|not
    text|texts|texting|messages|sms are|is fine|ok|okay|good|great|welcome
    <you|i|we keep the|my|your texts|messages|sms !coming
    ^ are|is|did|have you|they|yall [guys] [going_to|gonna|planning_to] stop|stopped
    dont|stop|never|not {text}|{texting} [me|us|this_number] ~1 before !i
    dont|stop|never|not {text}|{texting} [me|us|this_number] ~1 until|between|while|during|on_sunday|on_sundays|on_weekends|on_the_weekend
    """,
    VOCABULARY,
)

# Perhaps a revocation: a person should look, and nothing is sent meanwhile.
DOUBT = phrases(
    """
    not|no_longer|never|isnt|zero|no|uninterested interested|interest $|in_this|in_these|in_your|in_any|anymore
    ^ [{so}] [{so}] [{so}] enough [{so}] [{so}] $
    ^ [{so}] [{so}] [{so}] [{so}] spam|scam|scams|scammer|scammers|spammer|spammers|phishing|fraud|bullshit|harassment|junk $
    report|reporting|reported [you|this|your|it|u|them] [number|as|for|to] [to|the] spam|fcc|ftc|scam|junk|police|harassment|you|$
    ^ [{so}] [{so}] [{so}] reported|blocked|blocking|report|block [you] $
    block|blocked|blocking you|this|your|u [number|$]
    fcc|ftc|tcpa|lawsuit|suing|bbb|attorney_general|legal_action
    sue you|yall|u|your $|for
    will|ill|gonna|to sue
    my lawyer|attorney will|is|are|has
    harassment|harassing|harassed|harass
    ^ [{so}] [{so}] fuck|f|fck|fuk|piss|screw|bugger|sod|eff off|you|u|yourself
    fuck|f|piss|eff off
    ^ [{so}] [{so}] go|get|eat|shove|drop|buzz|back|beat|shut away|lost|bent|shit|it|dead|to_hell|off|up $
    go away|to_hell $
    get lost $
    stfu|gtfo|gfy|fu
    less|fewer|too_many|so_many|too_much|too_often [{det}] [{det}] texts|messages|text|texting|alerts|notifications|reminders
    text|texts|message|messages|texting|messaging|send|contact ~3 less|too_much|too_often|too_many|so_much|so_many|so_often|fewer
    slow|cut down|back|it ~3 texts|messages|texting|messaging|alerts
    who|how|where|whered|howd ~3 get|got|give|gave|have|find|found|getting|obtain|obtained ~1 my|this number|info|information|contact|phone
    who ~1 signed|subscribed|added|enrolled|put me|us
    why ~4 texting|messaging|contacting|bothering me|us|this
    why do|are|would|r you|u|yall [guys|people] [always|still|even|just] [keep] [on] sending|messaging|texting me|us|this|these|those|your|so_many
    why do|are|would|r you|u|yall [guys|people] [always|still|even|just] send me|us this|these|those|your|so_many
    why|still|keep ~3 getting|receiving|get|receive this|these|your|so_many|texts|messages
    annoying|annoyed <so_not
    ^ [{so}] i|im|we [am|have|are] quit|done|out|over_it|finished|through [here|with_you] $
    ^ [{want}] [{want}] [{want}] [{want}] [{want}] cancel|end|quit|terminate|discontinue|remove|delete [it|this|all|everything|that|me|account|my_account|membership|my_membership|service|my_service|plan|my_plan] $
    ^ pause|snooze|mute|silence|exit|leave|delete|out|off|unfollow|suspend|erase|block|spam|unlike|reject|decline|refuse|rid $
    pause|snooze|mute|silence|hold ~2 texts|messages|alerts|notifications|messaging|texting
    should|if|will|does|do|can|what|happens i|we|you|replying|texting|it ~3 stop|unsubscribe|opt_out
    mean|meant|accident|accidentally|mistake|mistakenly ~5 stop|unsubscribe|opt_out|unsubscribed|opted_out
    stop|unsubscribe|opt_out|unsubscribed ~5 accident|mistake|accidentally
    call|phone|email me|us instead
    dont|stop|never|not {text}|{texting} ~3 before|after|until|during|past|so_late|so_early
    delete|remove|close|deactivate|cancel|terminate my account|profile|membership|account|name|info|data
    count me out
    not a|your customer|client|member|subscriber
    no_longer a|your|need|needed|require|interested
    dont|not disturb $
    dnd
    passed|passing away
    deceased
    ^ wrong|incorrect $
    ^ [{so}] isnt|not me $
    this is [a|my|our|an] child*|childs|kid*|son*|daughter*|minor*|work|company|business|landline|emergency|hospital|jail ~1 phone|number|line|cell|landline|$
    ^ withdraw $
    ^ not|un wanted|needed|welcome|necessary [here] $
    ^ unwanted $
    please quit $
    ^ please take off $
    ^ [{so}] sign [me] off [please] $
    get|stay [this|these|those|them|it] off|out_of my|our phone|line|inbox
    ^ NAME who $
    ^ [this_is] [a] different person $
    ^ new [phone|number] owner $
    had this number|phone [for] ~2 years|yrs|months
    give it|me a rest|break
    ^ [please] dont|never $
    never again $
    ^ [just] let me be
    ^ no means no
    forget me $
    ^ lose it $
    i|to withdraw $
    not selling $
    dont own
    sold that|the|my house|property
    number|phone is for
    rather not $
    not like to receive
    has passed $
    he|she is dead $
    i|we said|say no $
    nobody asked
    dont|stop|quit|never reply*|respond*|answering|text_back
    take me out $
    no|any part of
    {unwanted} whatever
    email only
    ^ i dont text $
    you|u|they keep {texting}|sending !the
    {msgs} ~3 not|arent accepted|allowed|permitted
    enough|done|had_it with this|you|it|these|that|yall
    {third}|NAME|husband|wife|mother|father is_dead|died|has_died|is_deceased
    {third}|NAME|husband|wife|mother|father passed|moved [away|out] $
    who is {name} $
    im not CAPITAL $
    ^ [{so}] [{so}] [{so}] not|isnt CAPITAL $
    NAME|CAPITAL left [the|this|our] company|firm|job
    confirm removal $
    didnt|dont|never [ever] give|gave|given you|u|yall|anyone|anybody|out [you] my|this number
    this|it is my number|phone now
    over these|your|the texts|messages|notifications|alerts
    ^ [please] no_longer receive|get $
    ^ [i|we] dont want|need [them] $
    he|she|they|{name} changed|switched phones
    next ~2 my attorney|lawyer
    how many stops ~4 send|text|say
    dont know [a|any] CAPITAL $
    old|outdated|former|previous number
    {unwanted} it|this|that|these|them|anymore|more $
    unsubscribed|opted_out|opt_out|revoking
    revoke !his|her|their|the|a
    opt|opting|opted out
    dont|never|no|not|stop|without|hate|hates|quit|end|no_longer ~3 texting|messaging|contacting|texted|messaged|spamming|spam|solicit
    dont|never|no|stop|without|hate|quit|end|no_longer|off ~3 texts|messages|sms|text|message|contact|alerts|notifications
    remove|delete|cancel|off|unlist|erase ~4 number|list|texts|messages|alerts|notifications|sms
    dont|no|not|never|revoke|withdraw ~4 consent|permission
    """,
    VOCABULARY
    | {
        "so": "this that is it its you are such more just all a an another total what obvious looks like so ok okay had"
        " ive have i already of now thanks no enough alright seriously and the im been youre as guys people please oh hey"
        " sorry lol fine we well",
        "want": "i id we please want need to would like can could how do you wish may just have gotta trying yes ok hi",
    },
)

# Contact that did not come, or not yet: no wish to have less of it.
MISSED = phrases(
    """
    didnt|havent|never|dont|not|no|cant|isnt|wasnt|hasnt|couldnt|doesnt [even|yet|ever|able_to|to] get|got|gotten|receive|received|receiving|getting|see|saw|seen|have|had|find|read|open|hear|heard|remember|come|came|understand|load|go|show|know|think ~4 {texts}
    {texts} ~2 cut|cutoff|blurry|delayed|long|garbled
    i|im cant|not able ~2 text|message
    no {texts} ~1 came|come|received|arrived|yet|showing|from
    didnt|havent|cant|couldnt|hasnt [even|yet] send|sent ~4 {texts}
    {texts} ~2 didnt|hasnt|never|wont|not|isnt|doesnt|wasnt|havent|arent ~2 come|came|go|going|send|sent|sending|deliver|delivered|arrive|arrived|work|working|load|loading|through|open|received|show
    i|we dont|never|cant|couldnt text|message|respond|reply|contact *
    dont [you] forget|hesitate ~3
    why dont you ~2
    dont text and
    no_need|no_worries|no_problem|no_rush|no_hurry ~4
    spam folder|folders|filter|musubi|sandwich
    to|in|on|is|extra|eat|fried|with spam
    {texts} ~2 spam
    """,
    {
        "texts": "text texts message messages sms texting messaging alert alerts notification notifications contact code link"
    },
)

# A word of refusal near a word for texting, whatever stands between them: the last chance to be seen by a person.
REFUSAL = phrases(
    """
    <en|un_peu|encore {no} ~5 {channel}
    {channel} ~5 {no}
    wrong !order|tracking|part|model|confirmation|account|room|flight|invoice|serial|reference|item|house ~3 number !of
    """,
    {
        "no": "no not dont never stop isnt without off out remove rid decline refuse quit end cancel block alone bother"
        " annoying harass hate sick tired enough done stopped unwanted prohib* forbid* nada rien aucun* veux_pas ya_no basta quiten quitar borr* elimin* ne jamais plus retir* enlev*"
        " supprim* arret*",
        "channel": "text texts message messages messaging texting sms list contact contacting subscription mensajes mensaje"
        " lista textos liste number numero recibir recevoir escribir* contactad* contacte*",
    },
)

# A remark that ends in the keyword.
LAST_WORD = phrases(
    """
    please|interested|but|now|actually|ugh|no|nah|nope|god|guys|people|annoying|thanks|spam|already|so|just|mas|customer|sake|enough|person|number|again|me|stop|hell|seriously|sorry|texts|messages|this|want|anymore|damn|jesus|sick stop|unsubscribe $
    """
)

# The keyword at either end of a few words, whatever the others are.
FEW_WORDS = phrases(
    """
    ^ stop|unsubscribe !*ing|there|here|where|him|her|on|up|shop|n|stop|or|ou|o|if|when|before|after|with|then|and|1*|2*|3*|4*|5*|6*|7*|8*|9*|time|times|one|two|three|four|five|six|seven|eight|nine|ten * $
    ^ stop|unsubscribe this|your|these|all * $
    <{no_keyword} stop|unsubscribe $
    """,
    {
        "no_keyword": "the a an my our your this that to cant dont wont didnt doesnt isnt never not does do did will would can"
        " could should it they he she we i bus train truck who what when where and_then made make let or of on non auto tab f gas fuel photo scenic comfort layover snack dog panneau"
    },
)

# A question begins so.
ASKS = phrases(
    "^ when|where|which|what|does|do|did|will|how|who|is|are|has|should|may|might|can|could [i|we|he|she|it|they|the]"
)

# Ordinary senses of STOP.
ORDINARY = phrases(
    """
    {place} stop|stops
    <sent|send|said|say|text|texted|reply|replied|typed|type|want|need|word|with|you a|an|the|that|any|which|no|is_there_a stop|stops !texting|texts|messages|sending
    stop sign|signs|light|lights|watch|gap|motion|loss|sale|payment|payments|order|valve|lamp|work|shop|location|id|and_go|over
    stop by !accident|mistake
    stop in|over|off|through|around|near|along|back|between|into|inside|outside|downtown|home|short|wherever|anywhere|somewhere|next
    stop at|for|on|to|and|here|there|with !once|good|now|my|this|me|ever|us|these
    <.|,|please|just|now|ok|you stop|stops|quit|stopping !{texting}|{asking}|*thing *ing !me|us|my|this|these|here|that|messages|texts
    stop|quit !{texting}|{asking}|*thing *ing !me|us|my|this|these|here|that|messages|texts|to|please|now|already|thanks|ok|ffs|back *
    what_time|where|which|how_often|how_far|how_long|how_late ~4 stop|stops
    {things} ~3 stop|stops
    stop|stops [the|this|my|a|an|your|his|her|their] {things}
    does|do|did|will|would|can|could|when|where|if|until|before the|he|she|they|we|a|my|his|her|their ~2 stop
    {third}|NAME|to|told|tells|asked me|him|her|us|them to stop
    {third}|NAME|says|said|want|wants|wanted to stop
    stopped|stopping|stops|nonstop|unstoppable
    had|have|should|decided|trying|try|tried|wanted|hard|ready|how_to|going|able|time|need i|we|you|to stop *ing !me|us|my|this|these
    stop it|them|him|her|that from
    """,
    VOCABULARY
    | {
        "place": "bus train tram metro shuttle truck pit rest next last first second third final one two three four five my"
        " our every each another subway taxi full quick whistle door back short non gas cab trolley bathroom potty coffee"
        " only what same main closest nearest wrong right lunch food tour traffic emergency brief hard dead previous"
        " scheduled ur your",
        "things": "bleeding pain leak leaking water music alarm noise timer video car clock presses war payment check cheque"
        " order delivery shipment itching swelling hiccups snoring antibiotics medication medicine meds pills infection drip"
        " bus train vehicle dog baby autopay mail newspaper rain raining snow snowing wind storm elevator engine machine"
        " fever cough nausea crying beeping bleed cycle game",
        "asking": "asking begging using sharing selling adding subscribing including wasting sending sendin getting receiving"
        " forwarding calling trying attempting soliciting writing charging doing",
    },
)

# What machines answer: driving modes, absence notes, numbers that cannot take a text.
AUTOMATIC = phrases(
    """
    auto|automatic|automated reply|response|responder|message|text|answer
    autoreply|autoresponse|autoresponder
    disturb while driving
    im|currently driving
    driving mode
    out of [the] office
    when i get where im going
    sorry i cant talk|text
    cant talk right|now
    this|the|your number|line|mailbox|inbox|account doesnt|cant|isnt|does_no accept|receive|monitored|support|take|able|in_service|set_up|configured|read [to] [receive|accept|incoming|text] [incoming|text] [texts|messages|calls]
    number you ~3 is|isnt|has|cant|doesnt
    missed call from
    voicemail from|message
    mailbox is full
    """
)
