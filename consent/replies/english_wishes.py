"""English: wrong numbers, opt-ins and calls for help."""

from consent.replies.english import VOCABULARY
from consent.replies.pattern import phrases

# ruff: noqa: E501 - one phrase is one line

WRONG_NUMBER = phrases(
    """
    <is_this_the|is_this_a|do_i_have_the|did_i_get_the|maybe_the|is_that_the|i_dialed_the|i_dialed_a|i_texted_a|i_texted_the|i_text_the|i_call_the|i_dial_the|sent_to_the|sent_it_to_the|i_called_the|put_the|entered_the|gave_you_the|gave_me_the|gave_me_a|down_the wrong|incorrect|mistaken [phone|cell|mobile|contact] number|num|person|party|recipient|contact|individual !signed|came|showed|arrived|on|in|is|of|printed|listed|for_the|for_my
    wrong guy|lady|man|woman|girl|dude|gal|NAME $|and|sorry|here|stop|please|i|im|lol|you
    wrong no|phone|cell|mobile $
    ^ [{hello}] [{hello}] [is] not|isnt him|her|them $
    never heard of him|her|them|this_person|that_person|anybody $
    ^ not {name} here $
    this|that was NAME|CAPITAL [old] number|phone|line
    dont know anyone|anybody|someone|somebody named|called|by
    im someone|somebody else $
    my name isnt !on|in|there|spelled|right|listed
    names not NAME|CAPITAL
    this|number is someone|somebody elses|else [number|phone|cell] $
    number|phone has a new owner
    number|phone changed owners|hands
    ^ bad number $
    ^ [{hello}] [{hello}] wrong one $
    you|u [have|got|reached|texted] the wrong one $
    NAME number [has] changed $
    looking for someone|somebody else
    reached|texting|contacting|reach|messaging|contacted the wrong
    have|got me confused|mixed|mistaken
    nobody [here] [by|named|with|called|of] [that|this|the] name|{name}
    nobody ~2 that|this name
    nobody [named|called|here] [by|named] {name}
    there_is|there_are|there_isnt|theres|there [is|isnt] no|nobody|not ~2 at|on|with this|the number|phone|line
    no {name} here|at|on|lives
    {name} doesnt|no_longer|isnt|dont|never|hasnt|moved|does_no ~2 here|this|number|phone|away|there
    nobody|doesnt|dont|no_longer <i|we|you|not ~1 live|lives|stay|stays|reside|resides here
    {name} doesnt|no_longer|isnt work|works|working here
    doesnt|dont|no_longer|isnt|not|hasnt|never <i|we|you [has|have|had|own|owns|use|uses|using|at|with] this|that number|phone|cell
    no_longer has|have|owns|uses|at|with|is this|that|the number|phone
    <is|is_it this|that|it [number|phone] is|was not|no_longer [his|her|their|my|hers|the|{name}] [right|correct|cell|phone] number|phone|NAME|person|line !you|i|lol
    isnt|not <is_this|is_that|is_it|your [his|her|their|my|hers|{name}|the_right|the_correct] [cell|phone|mobile|correct|right] number|phone|person !you|i|was
    ^ [{hello}] [{hello}] [this|that|it|im|i] [is|am] not|isnt [a|mr|mrs|ms|dr] NAME [{hello}|and] $
    im not [a|your|the] NAME|mr|mrs|ms|dr $|and|but|sorry|wrong|stop
    im not mr|mrs|ms|dr {name}
    im not NAME CAPITAL|NAME
    not the person|one|guy|man|woman|{name} you|u|they|youre|theyre
    <do|if|did|would|will|should you want|need someone|somebody else $
    im not who_you|the_person|that_person|this_person|the_right|him|her !to|at|on|in|and_i|but
    this|that|it|number isnt|wasnt|is_no_longer|was_never|isnt_no [his|her|their|my|hers|the|{name}] [right|correct|cell|phone|mobile] number|phone|NAME|person|line !you|i|lol|turn|fault|idea|day|birthday|car|house|order|appointment|problem
    not|isnt {name} number|phone|cell
    not|isnt NAME $
    not NAME $
    that_is|this_is|it_is|its not me|my_name|my_number|who
    not|isnt my name|number !on|for
    dont|never|no <you know|knew|heard|recognize [of|any|an|a|this|that|who] [any|who|a] NAME
    dont|no_idea|never|not know|who|sure ~3 looking_for|trying_to|talking_about|asking_for|this_person
    dont know who ~2 is $
    dont know this|that|any such|person|NAME|guy|name
    <i|we|you|ive|just|recently changed|switched|changing [his|her|their] numbers|number|phone_number|phone_numbers !you|for
    he|she|{name}|they <i_and has|got|have|had [a|gotten_a|got_a|his|her] new|different|another number|phone_number|cell !you|on
    just|recently|only|newly got|received|gotten|assigned|acquired|given this [new|phone|cell] number|phone_number|line !to|from
    got|received|given|assigned this [new|phone|cell] number !from
    number was|got|has|is [been|just] reassigned|recycled|transferred|given_to
    new owner|holder|user of [this|the|that] [phone|cell] number|phone|line
    new owner|holder|user with|here
    belongs|belong|belonged to someone|somebody|another|a_different|me_now|somebody_else
    number|phone [is|no|does|doesnt] [not|no|longer] longer|belongs|belong [belongs|belong|belonging|to] to|his|hers|theirs|{name}
    used_to be|belong ~2 someone|somebody|{name}|else
    previous|prior|former|last|old owner|user|holder of|with|had|who|is|moved|died|isnt|no_longer
    """,
    VOCABULARY
    | {
        "hello": "hi hello hey sorry no um uh nope lol this that it but you_know anymore please number here is"
    },
)

START = phrases(
    """
    <dont|never|not|when_you|why_did_you start|resume|restart|begin|continue|unpause texting|messaging|contacting|notifying me|us|again|$
    <dont|never|not|didnt|to|wont start|resume|restart|begin|continue [sending|receiving|getting|with] [me|us] [{det}] [{det}] texts|text|messages|alerts|notifications|subscription|sms|messaging|texting
    start|resume|restart sending|it|them|these|receiving|getting|me|us [{det}] [texts|messages|back|up] again|back|up $
    ^ [{please}] [{please}] start|unstop|resume|restart|resubscribe|subscribe|join [me|it|up] [again|back|please] $
    <dont|never|not|didnt|did_you|wont|stop|quit sign|enroll|enrol|signing me|us [back] up|in|$ !out
    ^ [{please}] [{please}] [{please}] [{please}] sign_up|signup|enroll|opt_in|opt_back_in|subscribe|resubscribe|rejoin|be_subscribed|unstop [for|to|again|back|please|me] [{det}|again] [texts|text|messages|alerts|list|updates|sms] [alerts|messages|list|again|updates] $
    <dont|never|not|didnt subscribe|resubscribe me|us|this_number
    <dont|never|not|didnt|to opt|opting me|us|this_number|myself [back] in
    ^ [{please}] [{please}] [{please}] opt|opting|opted [back] in [again|please|to_texts|to]
    <dont|never|not|didnt|you want|like|wish|choose|love ~2 opt [back] in
    put|add|get me|us|my_number|this_number back [on|to|in|onto]
    unblock me|us|my_number|this_number $
    <dont|never|not|didnt|did_you|wont|stop|quit add|put|get me|us|my_number|this_number [on|to|onto] [{det}|ur] text|texting|sms|mailing|alert|alerts|marketing|subscriber|texts [message] [list|alerts|texts|messages|$]
    turn [{det}] texts|messages|alerts|notifications|texting|them back on
    turn|switch back on [{det}] texts|messages|alerts|notifications
    <dont|no_longer|not|didnt|never want|like|love|wish to [start|be] get|receive|getting|receiving|have [{det}] [{det}] texts|messages|alerts|notifications|sms|updates
    <dont|no_longer|not|didnt|never want|like|love|wish [{det}] texts|messages|alerts again|back
    can|could|may i|we [please|start] get|receive|have|getting|receiving [{det}] [text] texts|messages|alerts again
    ^ [{please}] [{please}] [{please}] text|message me|us again $
    changed my mind ~3 start|subscribe|resume|opt_in|sign
    """,
    VOCABULARY
    | {
        "please": "please yes ok hi hey can could you i would like want to id now wanna we how do may kindly just ill"
    },
)

HELP = phrases(
    """
    ^ [{please}] [{please}] [{please}] [{please}] <i_can|i_could|can_i|could_i help|assist [me|us] [out] [please|now] $
    ^ [{please}] [{please}] [{please}] need|want|get|require [some|your|more|a_little] help|assistance|support [please|now|here] $
    ^ [{please}] [{please}] [more|send] [me] [some|more] info|information $
    """,
    {
        "please": "please hi hello hey ok yes i we can could would will you someone anyone somebody really do id like to send me"
    },
)
