"""English: requests to stop, to whoever of us texts and to one sender."""

from consent.replies.english import VOCABULARY
from consent.replies.pattern import phrases

# ruff: noqa: E501 - one phrase is one line

# Requests to be texted no more, whoever of us texts: they reach every program.
REVOKE = phrases(
    """
    {halt} [with|from] [{det}] {texting} !him|her|them|and|while|the
    {halt} [{det}] [{det}] {msgs} !me|you|when
    {halt} [please|from] sending|sendin|send|getting|receiving|forwarding [out] [{me}] [{det}] [so_many] [{det}] {msgs}|stuff|things|anything|these|those|them|shit|crap|junk|garbage|mess|nonsense|bs|trash
    {halt} sending|sendin [me|us] [this|it] $
    {halt} sending|sendin ~2 to me|us|this|here|my_phone
    {halt} calling {me}|$
    {halt} writing [to] me|us|here|$
    {halt} trying|attempting to contact|reach|text|call|message|sell
    {halt} asking|begging|using|sharing|selling|adding|subscribing|including me|us|my
    {halt} wasting my time
    stop|quit|cease or i|ill|im|we|youll
    stop to [{det}] [{det}] {msgs}
    cease and|n|or desist
    object|objecting to [receiving|getting|being] [{det}] [{det}] {msgs}|texted|contacted|messaged|{texting}
    cease all|any|further|immediately|contact
    {cancel}|end|stop [{det}] [{det}] {notices}|subscription|subscriptions !box|boxes|plan
    {cancel} these|me|us $
    {cancel}|discontinue|stop my enrollment|enrolment in
    withdraw|withdrawing from [{det}] [{det}] {notices}|{list}
    blacklist me|this|my
    turn|shut|switch off [{det}] [{det}] {notices}|these|this
    turn|shut|switch [these|them|the|this|my|your] [{notices}] off $
    make it|this|these|those|them|the ~1 stop|end
    {msgs}|it|this|these|you|people|guys must|should|need|needs|have|has|better|got|gotta [to] stop|end|cease|quit $
    want|like|need|ask|asked|asking|tell|told|telling ~2 it|this|these|those|them|you|{msgs} [all|guys|people] to stop|cease|quit|end $|{texting}|sending
    wish|appreciate|like|love|prefer [it] [if] you|they|yall|this|these [all|guys|would|could|will|people|just] stop|stopped|quit !by|in|at|over|on
    when|how ~2 {msgs}|these stop|end|stopping !up
    when ~2 this stop
    how|when|where [do|can|could|does|am|to|should|would|will] [i|we|one|you|supposed] [get|to|go_about] stop|unsubscribe|opt_out|be_removed|get_off|stopping|unsubscribing|opting_out|off [{det}|them] [{msgs}|{list}] $
    why|how_come ~1 wont|dont|cant|havent you [{courteous}] stop|stopped|quit
    <{third} {told} [the|word|to] [word|you_to|all_to|to] {keyword} !by|in|at|over|on|sign|taking|using|doing
    asked|told|tell|begged|warned you [{courteous}] [not|to|repeatedly|times|already|before] [to] stop|quit|cease|unsubscribe|remove|text|contact|message
    stop|end|cease these $
    stop|quit [it|this] with [{det}] [{det}] {msgs}
    stop means stop
    part of stop
    understand [what] [the] [word] [no|not] stop|unsubscribe [means]
    were|been|was told|asked ~2 to stop|unsubscribe|remove
    stop|quit *ing my|this|our phone|number|cell
    stop|unsubscribe doesnt|didnt|isnt|wont work|working
    {msgs}|these go away $
    get|getting this|these|them|{msgs} to stop $
    stop asking $
    asked|told|telling|asking [you|them] not to text|message|contact|call
    many|several|multiple|countless|2|3|4|5|6|10|two|three|four|five|ten|hundred|million|thousand times ~8 stop|unsubscribe|quit|opt_out
    stop|unsubscribe [like|about|over|at_least] 2|3|4|5|6|7|8|9|10|20|two|three|four|five|ten|many|several|multiple|so_many|a_million|a_hundred|100 times
    stop|unsubscribe|opted_out|unsubscribed ~4 still texting|sending|getting|receiving|messaging|get|receive|text
    <i|we|they|he|she|you|who|people|friends|kids|why|if|to|or dont|never|donot [ever|even|you|you_dare|dare|bother_to|keep|continue_to|try_to|again|me] [ever|you|again] {text} {me}|anymore|again|ever|number|phone|any|nobody|$
    <i|we|they|he|she|why|if|to dont|never [you] [dare|keep|ever|be] texting|messaging|contacting|bothering|harassing|spamming
    <i|we|they|he|she|you|why|if|to dont|never [ever|keep|please|you_dare] send|sending|forward [me|us|this_number|out] [{det}] [{det}] {msgs}|anything|nothing|anymore|stuff|shit|crap|junk|these|those|another|else|$
    dont|never [ever] send me|us ~3 again|ever
    forbid|prohibit you ~1 text|contact|message|call|texting|contacting|messaging|calling|send
    to not text|contact|message|call me|us|this_number|this_phone
    not to|be text|texted|contact|contacted|message|messaged|disturbed|spammed {me}|again|anymore|$
    {unwanted} [to|in] [be|keep|continue|continue_to|have] receive|receiving|received|sent|get|getting|hear|hearing|see|seeing ~3 {msgs}|from_you|from_this|from_your|these|those|anything|anymore
    {unwanted} [to|in] receive|receiving|hear this|it|from|$
    {unwanted} [to|in] [be|get|being|getting] contacted|texted|messaged|bothered|disturbed|spammed|solicited|notified|harassed|subscribed|called|included
    {unwanted} [to|in] [be|being] on|part [of|in] [{det}] [{det}] {list}
    {unwanted} [to_get|to_have|to_see|for|in] [{det}] [{det}] {notices}|calls|emails !back|about|saying
    {unwanted} [for] you|anyone|anybody|yall|you_guys|you_people [to] text|texting|contact|contacting|message|messaging|send|sending|call|calling|bother|bothering
    {unwanted} to participate|subscribe|be_subscribed
    {unwanted} to join|sign_up|enroll|opt_in [for|to|in] [{det}] [{det}] {notices}|{list}|these|this
    dont|never|didnt|not|stop|quit [ever|ask|asked|want|agree] [you|to] [to] opt|opting|sign|signing|add|adding|subscribe|subscribing|enroll|enrolling|put|putting me|us|my_number|this_number [up|back] [for|to|on|in] [{det}] [ur] {notices}|{list}|these|this|$ !yet|for
    never|didnt|dont|not [ever] asked|ask|agree|agreed|want|wanted to start|begin|be getting|receiving|sent [{det}] [{det}] {notices}|these|this
    no_more|no_further|no_future|no_additional [from|of|with] [{det}] [{det}] {notices}|emails|calls|these|from_you|from_yall !lens|lenses|info|left|on_my_order|on_my_account
    no_more of these|this|your|them
    no call|calls|calling or|and|nor text|texts|texting|messages
    ^ [{courteous}] [{courteous}] no [{det}] texting|soliciting|solicitors|solicitation|solicitations|promotions|promos|spamming|ads|marketing|contact !in|on|lens|lenses|sign|signs|number|info|delivery|pickup|order|drop_off
    ^ [{courteous}|ok|hi] [{courteous}] no [{det}] texts|messages|sms|notifications|alerts $
    {remove} {mine} [please|now|all] off|of|from|out_of [of|from] [{det}] [{det}] !guest|wait|waiting [ur] [~1] {list}
    {remove} {mine} off $
    {remove} all|both of our|my|these numbers
    take|taken off {mine}
    ^ [{courteous}] remove|take|delete [off] [me] from|off|of [{det}] list|lists|system|database
    remove|take|get|delete him|her|them|this_person|NAME|my_name off|from ~2 list|lists|system|database
    off [{det}] list|lists $
    or|and text|message|contact me|us|it|this again
    interested|spam|scam|enough|harassment|sorry|already stop|unsubscribe $
    remove|delete|drop|erase|exclude|unlist|purge|unenroll|unregister|disenroll|uninstall me|us|myself|this|my_name [please|now|asap|immediately|right_now|today|thank|off|from_this] $
    remove|delete|erase me|us and|or|i|now|immediately
    {erase} my|this|our|the|her|his [phone|cell|contact|mobile|personal|telephone] number|phone|cell|contact|digits !you|on|in|is|from_the|from_that
    remove|delete|erase|wipe|purge|scrub|shred [all] my|our [personal|contact|all] info|information|data|details !on|in
    asked|told|asking you|them to remove|delete|erase {mine}
    asked|told|asking you|them to take|get {mine} off
    wish|rather|prefer [that] you|yall|they wouldnt|didnt|dont|not {text}|send me|us|this|anymore|again|$
    dont|never|stop|quit [ever] hit|hitting me|us up
    ensure|confirm|see|verify|sure|thought [that] im|i|we|my_number|this_number|my_name ~2 removed|deleted|unsubscribed|opted_out|taken_off !the|that|this|a|all|his|her|their
    thought|did|have|havent you [not] remove|removed|delete|deleted {mine} $|yet|from_your|from_this
    never|didnt|dont|not [ever] agree|agreed|ask|asked|consent|consented to be {texting}|texted|contacted|messaged|subscribed
    cut [out|with] the|these|your|all texts|messages|spam [out] $
    done|tired|sick|fed_up|enough|had_it [of|with] being|getting {texting}|texted|contacted|messaged|spammed
    next time you {text} ~5 police|cops|sue|lawyer|attorney|report_you|block_you|fcc|ftc|court
    can|could|would|will you [{courteous}] not {text} [me|us] [please] $|anymore|again
    can|could|would|will you [{courteous}] not send [me|us] this|these|anything|{msgs} $|anymore|again
    what ~5 do to unsubscribe|opt_out|be_removed|get_removed|be_taken_off
    what ~5 do to stop|end|get_off [getting|receiving] these|this|the|your {msgs}|{list}
    what ~5 do to stop getting|receiving these|this $
    my|this|our [phone|cell] number [be] [gone] off|out_of|from ~3 {list}
    {mine} [be|to_be|to_get|needs_to_be|should_be|must_be] removed|taken_off|excluded|deleted|unsubscribed|taken
    want|like|asked|ask|asking|request|requesting|requested|need|wish|prefer|demand ~1 to be|get removed|taken|excluded|unsubscribed|deleted
    want|wanna|like|get|let ~2 off [of] [{det}] [ur] [~1] list|lists|texts|thread|messages|system|alerts|notifications
    want|like|need out $|of_this|of_these|of_it|of_your|of_all|of_the_list|of_the_group
    i|we said|say no [more] texts|texting|messages|messaging|sms
    let|get me|us out of ~2 {list}
    let me|us out|off|opt|unsubscribe $
    ^ off [of] [{det}] list
    opt|opting {mine} out
    opted|opting out now|twice|already|before|again|several|multiple|many|of_this|of_these
    already [opted] opted|unsubscribed [out]
    want|like|wish|choose|chose|need|prefer|elect|decided|going|request|requesting|ask|asking|let_me|would|hereby [to|me|be] [please|just|hereby] opt|opted|opting [myself|me] out $|of_all|of_these|of_this|of_texts|of_your|of_any|now|from
    opt|opting|opted [myself|me] out [of|from] [{det}] [{det}] [receiving] {notices}|everything|program|list|texting|this|these|all|future|communication|communications
    ^ i|im|we|ive [am|have|already|hereby|just] [hereby|already|now] opting|opted|opt out $|of_all|of_these|of_this|of_your
    unsubscribe|unsubscribing|unsub|unenroll|disenroll|optout !button|link|page|rate
    i|already|have|ive|keep [already|have|tried_to] unsubscribed !from
    unsubscribed {mine}
    i|already|have|ive|keep [already|have|tried_to] unsubscribed from [{det}] [{det}] you|here|these|this|{notices}|{list}
    revoke|revoking|withdraw|withdrawing|withdrew|rescind|rescinding|retract|cancel|terminate|end|ending [{det}|our] [{det}] [{det}] consent|permission|authorization|opt_in|agreement
    i|we|hereby [do|hereby|formally] revoke
    consent|permission|authorization [is|has_been|now|hereby] revoked|withdrawn|rescinded|denied
    ^ revoked $
    dont|didnt|not|never|no|without|havent|hasnt|nobody|lack ~2 [{det}] consent|permission|authorization !slip|slips|form|forms|to_the|for_the|for_a|for_my|yet
    dont|didnt|never|not|no_longer [ever|even|do|hereby|have|to] consent|consenting|consented|authorize|authorise|authorized|authorised !to_the|the|order|charge|payment|him|her
    dont|didnt|never|not|no_longer consent|agree to the {notices}
    not|arent|isnt authorized|allowed|permitted to text|contact|message|call|send|use
    have|has|got no right|permission|consent|business ~1 text|contact|message|call|texting|messaging|contacting
    never|didnt|havent|dont_remember|dont_recall [ever|even] sign|signed|signing|subscribe|subscribed|subscribing|enroll|enrolled|register|registered|opt|opted|ask|asked|request|requested|agree|agreed [up|in|to|for|you_to|us_to] [for|to|in|get|receive|be] [{det}] [{det}] {notices}|this|these|it|them|{list}|$
    never|didnt|dont [ever|even] sign|signed up $
    never|didnt|dont [ever|even] subscribe|subscribed [to|for] [{det}] {notices}|this|these|it|{list}|$
    leave me|us|my|this|our ~2 alone
    leave me|us be $
    dont|no|not call|contact|text|solicit|disturb|message [and|or] [text|contact|call] list|registry|lists
    add|put|place|on|have ~4 dnc
    dnc $|list
    done|tired|sick|fed_up|enough|finished|through|had_it [of|with|getting|receiving] [of|with|all|getting|receiving] [{det}] [{det}] {notices}
    if you text|message|contact|call me|us|this|again ~4 sue|report|block|lawyer|attorney|police
    lawyer|attorney|sue|suing|court|police|fcc|ftc|complaint|legal_action|charges|report ~2 if|unless you|i|we|this|these|it ~4 {text}|{texting}|texts|messages|stop|another|one_more
    lawyer|attorney will ~3 if you ~1 text|message|contact
    text|message|contact|call me|us again and|or ~4 sue|report|block|lawyer|attorney|police|fcc|ftc
    you|they|this_company|anyone wouldnt|not {text} {me} anymore|again|ever|at_all|$
    appreciate|grateful|prefer|rather|nice|great|glad|happy|like|love ~2 if|that ~1 you|yall|this|these|they wouldnt|didnt|dont|not|never|stopped|quit|removed|took ~1 {text}|{texting}|sending|send|me|us
    can|could|may i|we [{courteous}] opt_out $
    right|option|choice|ability to opt_out|unsubscribe|withdraw|revoke
    ^ [{courteous}] [{courteous}] block me|us|my_number|this_number $
    want|need|needs|like|have|please|get|demand|request ~4 stopped|discontinued|halted $
    shouldnt|not ~1 be|being getting|receiving|on|in|sent ~2 these|this|your|that|{list}|{msgs}
    removal from ~3 {list}
    request|requesting|demand|want|need|asking|ask ~2 removal $
    one_more|another|next text|message|sms and|or ~4 police|cops|sue|lawyer|attorney|report|block|fcc|court
    text|message|contact|call me|us one_more_time|once_more|another_time
    sure|ensure|so|that|want i|we dont|never|stop|no_longer get|receive|getting|receiving [any] [more] [of] [your] these|those|{msgs}|this_again|anything_else|anymore
    {remove} {mine} off|from [of] it|this|that|there|here|these|them
    {msgs} [is|are] not|isnt|arent|no_longer welcome|wanted|appreciated|needed|desired
    {msgs} [is|are] unwanted|unwelcome|unsolicited
    consider|take|treat ~2 my|a|as [formal|official] opt_out|stop|unsubscribe|revocation|request_to_stop
    {remove} [the|my|number] {digits} ~3 from|off ~3 {list}
    preference|preferences|settings|status to no|dont|not|never|stop [receive|send|sending|to] text|texts|texting|contact|messages
    preference|preferences|settings|status to opt_out|opted_out|stop|unsubscribed $
    {remove} {mine} off|from your|ur
    {halt} asking|begging|looking [me|us|people] for
    {halt} trying|attempting|wanting to buy|get
    {halt} calling|emailing|phoning and|or {texting}
    terminate|deactivate|end my enrollment|enrolment $
    <order|item|charge|fee|it be|being|get|getting removed|deleted|taken_off|unsubscribed from [{det}] [{det}] !guest|wait|waiting {list}
    called|emailed|wrote ~2 to be removed|deleted|taken_off|unsubscribed
    can|could|may|might|please|should|how ~3 be|get|getting|being removed|deleted|taken_off|unsubscribed|excluded|opted_out $|off|this|these|from_your|from_this|from_these|from_all
    take_back|taking_back|undo|reverse|void|pull|cancel my|our|any|all|the consent|permission|sign_up|signup|opt_in|subscription !fee|page|form|sheet|bonus|desk|box|boxes|plan
    leaving|quitting|exiting|leave|exit|quit this|your|the|ur [text|texting|sms|mailing|contact] list|group|program|thread|chat $
    withdraw|remove|drop|take me|us from|out_of|off the|this|your program $
    want|like|love|need|beg|begging|beseech|urge|implore [for] you|yall|them|this|these to stop|quit|cease [now] $
    time to stop|end $|{texting}|sending
    no need|reason to keep|continue|be {texting}|sending
    no need|reason to send [me|us] [{det}] {msgs}|these|this|anything|those $
    no need|reason to text|message|contact|call [me|us] anymore|again|any_longer|in_future
    {unwanted} any|none [more] of this|these|it|that|them|your|those
    said|say|says no_more $
    how ~4 get|be out of this|these|it|here|{list} $
    ^ [{courteous}] leave|exit [this|the] group|chat|conversation|list|thread $
    ^ [i|id|we] [would] want|wanna|like|need [to_get|to_be|to] off $
    you may|can|should|could|must stop [now] $|{texting}|sending
    <not|never|cant|wont|dont|couldnt stop|quit *ing me|us $
    stop|quit with this|these|that|it|all|your|the [this|these|it|that] $|nonsense|crap|spam
    {texting}|texts|messages ~4 i|ive [have|already|had] opted|unsubscribed
    dont|no|not text|texts|texting [me|us] [,] [just|please] call|email|phone|mail $|me|instead
    dont bother {texting}|to_text|to_contact|sending
    dont|not|never accept|allow|welcome|permit ~2 solicitations|solicitation|solicitors|marketing|promotions
    my|this|our number|name|info|phone .|,|but|so|and [{courteous}] remove|delete|erase|lose|forget|drop it
    ^ [{courteous}] removed [from|off] [{courteous}] $
    {msgs} [{courteous}] stop|end|cancel them|these|it|this|sending $
    {remove} his|her|their|hers|moms|dads [phone|cell] number|name|phone ~1 off|$ !order
    opt_out|optout {mine} !order
    remove|delete|erase|drop|take [the|my|this|our] [phone|cell] [number] PHONE $|off|from_your|from_the_list|from_this|from_all|from_these
    {halt}|dont|never|not [ever] {text}|{texting} [to|at] [the|my|this] [number] PHONE
    ^ [im|i|we|am|are|have|has|ive|weve] opting|opted out [of] $|{det}|texts|messages
    wrong list
    stop asking to|me|about|if
    stop ffs|smh|wtf|already|dammit $
    ^ [{courteous}] stop|unsubscribe|opt_out how $
    would|id like to stop $
    pay|charged|charges [for|per|by] [per|each|every|these|the] text|texts|message|messages
    ^ [{courteous}] discontinue|desist|cease [{courteous}] $
    please remove $
    """,
    VOCABULARY | {"digits": "0* 1* 2* 3* 4* 5* 6* 7* 8* 9*"},
)

# The keyword and little else, said to this sender.
REVOKE_SENDER = phrases(
    """
    ^ [{lead}] [{lead}] stop|quit|end|unsubscribe it|this|that|these|them|already|now|immediately|today|asap|everything|forever|nonsense|harassment|all_this|all_of_this|all_of_it|the_madness|the_insanity|the_nonsense|the_bs|right|at_once|for_good|permanently|this_now|it_now|this_shit|this_crap|this_nonsense [now|away|please|right_now|already] [i_mean_it|im_serious|xx|x] $
    ^ [{lead}] [{lead}] [{lead}] stop|unsubscribe|opt_out $
    [can|could|would|will|wont|cant] you [{courteous}] [{courteous}] stop|unsubscribe|cease|desist|quit [it|this|that|these] $
    ^ [{lead}] [{lead}] stop|unsubscribe for|in [the] love|heavens|gods|petes|christs|name
    for [the] last|second|third|fourth|fifth|final|100th|millionth|hundredth time [i_said] [please] stop|unsubscribe|quit|opt_out
    ^ [{lead}] [{lead}] stop|unsubscribe im|it_is|this_is|ive|i|weve|theres !love
    how|times|ive|have|already|just|keep|i [have|already|just|keep|do] ~6 {told} [the|word|to] [to] {keyword} !by|in|at|over|on|sign|to
    need|want|have|going|must|ought|gotta|got [it|this|these|you] to stop $
    ^ stop|quit|unsubscribe|stopall|opt_out [to] {number} $
    ^ stop|unsubscribe {deals} $
    ^ [{lead}] [{lead}] stop|unsubscribe [it] i|im|ive|we|you|who|not|wrong|no|never|why|what|already|nobody|dont|do|or|sending
    ^ [please] cut|knock it|that out|off
    ^ [please] quit it $
    ^ [{lead}] no_more $
    how many more times $
    """,
    VOCABULARY
    | {
        "lead": "lets please just ok okay hey hi hello no yes yeah seriously omg ffs dude can could will would you wtf now well"
        " oh god jesus kindly guys people yall so and then do stop nah nope sir maam lord good morning evening afternoon",
        "number": " ".join(
            [*(str(n) for n in range(10)), *(["1*", "2*", "3*", "4*", "5*", "6*", "7*", "8*", "9*"])]
        ),
        "deals": "text texts sms mms alert alerts deal deals offer offers promo promos promotion promotions ad ads"
        " marketing notification notifications reminder reminders update updates news newsletter newsletters coupon coupons"
        " message messages campaign campaigns subscription subscriptions service services spam spamming emails email calls"
        " list program contact info everything sending subscribing junk",
    },
)
