"""Files that R 4 wrote (haven, tibble), and the script by which they were written."""

from __future__ import annotations

import base64

SCRIPT = r"""
library(haven); library(tibble)
d <- commandArgs(TRUE)[1]
f <- data.frame(case=c("K1","K2","K3"), stringsAsFactors=FALSE)
f$whole <- c(7L,NA,-2L)
f$number <- c(0.25,NA,NaN)
f$truth <- c(TRUE,NA,FALSE)
f$text <- c("caf\u00e9",NA,"")
x <- "\xfcber"
Encoding(x) <- "latin1"
f$latin <- c(x,"so",NA)
f$factor <- factor(c("late",NA,"early"), levels=c("early","mid","late"))
f$ordered <- factor(c("b","a",NA), levels=c("b","a"), ordered=TRUE)
f$day <- as.Date(c("2023-11-05",NA,"1969-12-30"))
f$whole_day <- structure(c(19666L,NA,-3L), class="Date")
f$utc <- as.POSIXct(c("2023-11-05 23:30:00",NA,"2023-07-01 00:10:00"), tz="UTC")
f$berlin <- as.POSIXct(c("2023-11-05 23:30:00",NA,"2023-07-01 00:10:00"), tz="Europe/Berlin")
f$nowhere <- as.POSIXct(c(1699227000,NA,1688170200), origin="1970-01-01")
attr(f$nowhere,"tzone") <- NULL
f$length <- as.difftime(c(1.5,NA,2), units="hours")
f$labelled <- labelled(c(1,NA,2), c(Completed=1, "Dropped out"=2), label="How did it end?")
f$spss <- labelled_spss(c(1,99,2), c(Yes=1, No=2, Refused=99), na_values=99)
f$ranged <- labelled_spss(c(1,98,-7), c(Yes=1), na_range=c(90,99))
f$tagged <- labelled(c(1,tagged_na("a"),NA), c(Yes=1, Refused=tagged_na("a")))
long <- readBin(as.raw(c(5,rep(0,7), rep(0,7),0x80, 1,0,0,0,0,0,0x40,0)), "double", 3)
class(long) <- "integer64"
f$long <- long
f$row <- 1:3
f$list <- list(1,"a",2:3)
f$clock <- as.POSIXlt(f$utc)
f$month <- structure(c(2023.5,NA,2023), class="yearmon")
g <- f[c("case","whole","number","truth","factor","day","berlin","labelled")]
saveRDS(f, file.path(d,"frame.rds"))
saveRDS(g, file.path(d,"gzip2.rds"), version=2)
saveRDS(g, file.path(d,"bzip2.rds"), compress="bzip2")
saveRDS(as_tibble(g), file.path(d,"xz.rds"), compress="xz")
dt <- g
class(dt) <- c("data.table","data.frame")
attr(dt, ".internal.selfref") <- new("externalptr")
saveRDS(dt, file.path(d,"table.rds"))
rn <- g[c(3,1),c("whole","day")]
rownames(rn) <- c("K3","K1")
saveRDS(rn, file.path(d,"rows.rds"))
save(g, file=file.path(d,"one.RData"))
save(g, rn, file=file.path(d,"two.RData"))
saveRDS(list(a=1,g=g), file.path(d,"list.rds"))
saveRDS(matrix(1:4,2), file.path(d,"matrix.rds"))
saveRDS(lm(dist~speed,cars), file.path(d,"model.rds"))
saveRDS(g[0,], file.path(d,"none.rds"))
saveRDS(g, file.path(d,"ascii.rds"), ascii=TRUE)
big <- data.frame(n=as.character(1:3), w=1:3, stringsAsFactors=FALSE)
saveRDS(big, file.path(d,"deferred.rds"))
"""

FILES: dict[str, str] = {
    "frame.rds": (
        "ABzY80000000X^N%Z}496m?$hq-X}DS<D8Z*|7oyj1ar&@Dd0Fh?j;9m7BP2L>do?Gi6{wJ_Lcpjtx6lkHilkU<3RE"
        "V#xw1j^pbjPN@(eA~k;W_?~;Nuj9MfK?qsMHcezXyo;QhH_jb8iA-ym4_5eZUjaZaZ_SHGRqvSU9p~>wfkLRA@z-=Z"
        "{lS~1d~W>>63?SA`Mdq>(N_ddN3Jn4H6__lmRoi_Jb3+_cU*38D(NbqZa%iZ^+^n_Bvhf11uj|AyurbyXbW^JB-<oR"
        "G>HzuakwJ~);REG*A6iwngz!TaRLUE*#Y(#jd|}!#R(&KuW%$cVNB&JQ?4@l(7^@5)DdkO`y?j*Od1jD?z^?D8tPpY"
        ")tW(Y)IK8=Ro%SwR&L+--&i9!H$Gf*?^HN9J{<h?s>!KDT)lGr!luVSgcveCtn2}eh{kN)ym4A1c0SgL-@o`XVoO)K"
        "cs7mc7CCZ?#9<K4l>7Cs<dz24<#7NR-T8aA;0J>N3&xF1OrwD5ndppY8YeZjFZ0+cCj<Az$uRR(Can4e+KKR(05>Ri"
        "Pt);MNSMmkJ!g1Gw}`(=QyGA|5kaX5*n6H%R{g+V4cID){B<oTaAcQ8c$-8$VIfq6oo$cBNiTncET5+Ru$I0`+UD*I"
        "iOy7pz|uni_yX6`J+f}|fXHvsWeUk~jSSL+``1+OM!2_)!&HPZCp78=O0q2%EY~IXlC329m(j>XySsm8Gz`FL>W!-U"
        "rpN^@GRD!6NR4LqRyHG;|5+<P3Rv7rV%&bFX*G46rrB)ncypisWyZ=#IT>t0SG<j1d@$S~Vq{3-6KjPL^jSDv0+u{}"
        "Q2ABT<G_U6)Bd&lI3aRwv7iyHy574Bg%=Q}GBpHdS-PyHP0hvp#sjxH)1uuool9Diu9J$&#RV+<QSPsL;BG!3W7(<9"
        "tz=Cc#N4RNb>v*DGWSr<J*>>3CeB!sb1$p7qIk)lTAsO(X9@Aj;v|A?%D?o`AN#nhU#NoY@WKZAlM-U@lzk^i{DjTD"
        "%fjEgLG|0Z`}9d|7rIX$qf%ufYumZAx$o)-@j#dYvI2g4d1gw#CnFldpcSR#vLtj^oU#$DVdOse&o3ON;s?dl%u35D"
        "1LO*#UM0XOgY9Vbi)umIi0EX*jg+-!G*o^pXb0b}e9~It6RD~^hKJ?I4rw$5=9o^@bdV@nUP!&WFyJBNq}pA>7aoQy"
        "J5M_^Lvw4sj*l5WJc#jFe29Jm6A0a<G7JC!"
    ),
    "gzip2.rds": (
        "ABzY80000000VVXOHRWu5OtlVpP&{bE|49&B0l@JP$Uow5Nx`uoWxZlIdSDWtzgrhg#&N~j(`N4a*8h5K(L)SO@eAE"
        ";~6LO=FRhDXaN8qs6q&!Azb57n1*-`WB{t5Dc|3oWZr4!oeA4gUja~G2@}Whuh`o1toshsT5hDRzbwCjURIh@S!G9t"
        "#xc^f3J{dko>Z$5JjY~K;$>pQ$Ws~^f$ybml^~8w2&PNWOao-FW8`wmgeQm_ig@qie3d8umXVZjFfJif2ddOIzrTJk"
        "zjFEg_0i|+|9qI{*YEEhZ-y?{gjC4O-1##NajA0aDq?hsk1sGIewe4w-4wO&6<Ww?iX5dWlvz+`?fBXZQGm66ntk(<"
        "22+AL*2?b<1g9zXY#Q-|QV~RzEH$!!O&7N3d$!MQ9D3c7Qu?yn6Ew%+NFk7{pfz_nn~kK^ZFw|u2;NpVHBv+0nTuvv"
        "Gg?e2(LpVY0td59br$hSX;RWz^N=39nv>|CM2(DIvGFFOi;h-M4m*@XCVrTo9dl)Qh@;M!i4@t%A5~>#;im%t00"
    ),
    "bzip2.rds": (
        "LRx4!F+o`-Q(1h8H5dQ^T7TC6`^W%5gS<fhXx>1-XWy{E01yE{08B7IL$CpO7OXW!rY1&#k?J(U8X9N-4FCp)hK&L#"
        "lOdGTY60p7fY1S;0iXZ|KqN{vGzpMs0000001X382c(zadwe)AMv;5=sIn{rX{fUVW4u(%dyJBa1d5GR699+|nv;vu"
        "N-1Uu-*1dfn&76#r?p>pWRgHtU|a^465NEUO-6r~4f#+3S&0a3BO`Zu-TN0T#SD|RYKiCdWUS*kio>k%fQBG7&;tM@"
        "#Gn*HhJ<UeBsSRGn559VS`er4fSr^$O$pz(T*23NR{PaF)oa;qm~W?A=PvEud!==BJn?!5*m3b%>sUa5ICyFU*nE!0"
        "t_PKUvZJUEf>b7hO_=kXStOXK9Hn4Dz>2=3LJ`N{Mg_tUb~g7`O5k|SWqq0R5d?s$4GAC`!saZB;R4Me$ukT|g@H>E"
        "$xft06GgHG6>ky%w1kjlfMTraWKnXE0U*^+gFOcfa)S`nMco1xNGZHmR1eE}U;d=GfFwJ`p;!q_6CdL4NT&)C50NIL"
        "00"
    ),
    "xz.rds": (
        "{Wp48S^xk6X(HY>0stWa761SMbT8$j-~-43kzD{R0(=?yuk;-|o|rX$>d^EdO|wN(#=V+76>TOwA{TWP>R=`%YLnB*"
        "DDlE*AC?-JL{$a6q831|qEOO6T-iQ?{9K)f3~<NhJm((0n71pY{RbJq;4Dk>Rg3_W=%(<=By+Lz)|&&i;&%TEFVVIJ"
        "kM5kGF1O7XYFFnI(0A|ksgO8&#&*5(c8lW&%@9SB8#@=zL5o!@I!2~AfAd%VJ)k_RGcbR<PKnwM28ofh<e|QMW@|X&"
        "eZ6i2cmRJQmBdOFHaY|Nk-+f+LM;*9XpVdJI<uJIQfiz6{Hryf<)mdq?^{V9wKcd69Y1*|OQS<{3|bjZIno$~O29Fz"
        "P%h_&=v_d=ots_t!(~x@Ls<O+a_#7#!Kh!U*~f$+x@z!E!p*|e&DnaJ2K{V-!tdfpk_mVpY;+9rd#c5SD)EIQ!@B>g"
        "Y8hCqMIbmh-C@Xgk#cq)VDajMx(TdVt6+l-nxlW$ZikEEn4_?yPY`RUV&_yASWxK!ufX5eURnYrH&7AfK~)?*z(VH$"
        "00000xpR}>00F53$p-)cB3bOTJ}?c70ssI200CKA"
    ),
    "table.rds": (
        "ABzY80000000VVX$xg#C5OtHL8)6d@=iWF`#B$(PmV!VWKr9kB<Rnuyk`q^s(+V#1TlfIJflok!OZkc(xj=E8*fd61"
        "vOP2Mym|97xoseXY*e-^WIMt{&dv4l`mTtr2&X3YQuYAV#ciE!YHLed+v1#;uMnz^#4(*tzs0qX#@eq)uE$AwR-Ya}"
        "ky?#Br!>+bTjAJwtb_zNd1uus1O`B2gO>xCk^9`S!@$qYGQk`S1ji#dRsb5di#<-6umo{i65o5<8O;)Z(IitiYib~r"
        "JF?Vo{{HyV`IyPyAFsVX|IN4Z{OZN|)#<Ir6(Q+zlRJN)5g3){j}k`vuyFv41ko&o_N1u&UZI5<O|dIAwbCq0W&QKo"
        "iEs!?KgGU&NW(q>4odmCj^NY>zey9GQ7VGSl13woCv@2K1HT#YCPaSQP)dF5g&rP2bSDvrF4!1&oW*zPsoL^s;u83+"
        "?kJ?1`eq)EK`|QkC{a!&N<tTyR-GlhXG}^yYd%(ES8+4_Gq0xU6&tTJI&3Kg(_y#LArn8$*FSU7@G-|Nj$KVIi*%U)"
        "F~FBwLBxSYn6zRbT?SndT+IZ?_79T~1_bW|000"
    ),
    "rows.rds": (
        "ABzY80000000WEQVqjokW?*4rVqj(kG8tGyL)>&NfMUWx4igabg6RMM|NjHh>_Blo5dQ!J1UOtaX@Ia;Kx!EoSQt1#"
        "h9u`C78e5<0!V@^E{P?nK>8oL;=IJ%RG4BWm|%HEeoiWs!<>>>iKdCOD8F0}n?@#YV>rtYqKWZ8noGD+5=#>G(u#oE"
        "LGA$nJIzZX1OWg5"
    ),
    "one.RData": (
        "ABzY80000000VVX%TB^T6dn5DQ3IOz1Kqh2qquMfDjJOo4Qj%U4DBE!(+-(VA-aKY@dNw@Kfy#d_!TVONS#hQ1;)^%"
        "(|f0L&OP_^w$*IcthNOJ(1D?8KsR{^%*Thz{S&}<c#;DKD8<hwerT5mMSkxj2=PL@In1J?EUNLfEKUJXnDQlxq6L3c"
        ";=TF@5Z7cLuZ7pi50ICYVsg`LOP4%)x|dU=<uMu|94NX>1Sx(_6WtrQX=q@`kiuX(7zUCcqwPV55y~SjTo=L{pU2Zx"
        ";qRHqm`;xr2BRrTE%B$bmifJcKb`G;z5T~)DZX%bdw<<_m=q*ZrfO#|#79cy@<m9=5FMN$iU<Cxg!+8l`^H)eE1trx"
        "@KlRYnnZ0lZTiqd(m$!bbWXe>Mhr>kx0+nj5V<x9St4njM3ht-*}fuU+a0*}fZ51*>xxtIV^{icg#3<Rz*#|S<S-g^"
        ";#IcglCX=>vU*-J73DW`V1T5eai3tB<o(d=BAU5QL)KR&C7m@F%CXCL6aSN}n8{mjyhO>kDjkf6U5kf||1iHB=E`y*"
        "gVi48kfal^_ybe!s@%#0000"
    ),
    "two.RData": (
        "ABzY80000000WIwNlwEs6m^}ZLlA?+1-fGeh+)C53<ZH$fEc9ikee7<$&D-5X$2d477oA}I06!E;1n#`K(Sr_v@sxv"
        "6z6~E5AVM`=cHC&3+e$v$U}LIk>@KD`R8YQiyKJoC?|*VsH~q?DrjCAC3Vk@GRzBnxRP3{skNroX%mG|aiEsraQLYn"
        "GkUN3h|G2Srq|-#?K^@iusOLwy5&I~&+g?MXaz=llyx0kJ|%)(TgPj+B5URuk<_W+hm3TgKw9>agpvzoDd3&~zWKC1"
        "m<0Zig4E@_p;IAWGp)w?TQ4X6>qP$6%fj>h_k3*gi^oT&2lY?_Amd6GyS(8sbvjS)CW3e9@-`K$6;DE_zGb=J%#1L>"
        "DQOr^vChJf^-HuLlQsqZ0DXCfw>ykV3d~Q{6s8W1Dm;-RNZBH$r8CIvKJQneR#a)p3XP+x!xVh%nI`Gc_`+0RX~Uow"
        "O3}U0D~uKKq`~O8djTqy;G2b{O94^8$r(6>IB7SiNLd$&Y&uG@T8jwCuFx3qKk`Z`yzJm*!TU?VpcXsUB2x$E;}=~8"
        "5s_r+QmB+4c*G*MM-@Xod-#f01Q>J+dj4C#8Lse8{Ft##T*-~ozk~75;-532&o3`ica@$5000"
    ),
}


def bytes_of(name: str) -> bytes:
    """One of the files."""
    return base64.b85decode(FILES[name])
